/* Exchanges step by step, as bytes that the app carries. */
package doorstep

/** One exchange with the office between its steps. A new one may begin at any time. */
public class Exchange internal constructor(private val work: Work, private val core: CoreExchange) : AutoCloseable {
    /**
     * One step: without a [reply] it begins, and everything pending is sealed. A lost reply costs nothing
     * but the way.
     *
     * @throws DoorstepException.Peer The reply is not the office's word; nothing was taken from it.
     */
    public suspend fun step(reply: ByteArray? = null): Step = work.read {
        asked(core::uniffiIsDestroyed) { core.syncStep(reply) }
    }

    /** Frees it. What was exchanged is kept. */
    override fun close(): Unit = core.destroy()
}

/** An exchange with another phone: bytes in, bytes out, over whatever carries them. */
public class PeerTalk internal constructor(private val work: Work, private val core: CorePeerExchange) : AutoCloseable {
    /** Takes what was [heard], in any portions, and tells what to send. Who begins has heard nothing. */
    public suspend fun step(heard: ByteArray? = null): PeerStep = work.read {
        asked(core::uniffiIsDestroyed) { core.step(heard) }
    }

    /** Frees it. What was exchanged is kept. */
    override fun close(): Unit = core.destroy()
}
