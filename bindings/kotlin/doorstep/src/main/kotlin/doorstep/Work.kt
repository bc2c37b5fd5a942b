/*
 * Where calls run: writes in one queue, in the order in which they were called; the rest beside it. No
 * call of the library runs on the caller's thread. How what was opened ends. What a call means is not known
 * here.
 */
package doorstep

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

internal class Work(private val core: Core) {
    /** The library's own: whoever waits may be cancelled, what was called goes on. */
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)

    private val queue = Channel<() -> Unit>(Channel.UNLIMITED)

    private val writer = scope.launch { for (write in queue) write() }

    private val end = scope.async(start = CoroutineStart.LAZY) {
        writer.join()
        // Twice is once.
        if (!core.uniffiIsDestroyed) {
            try {
                core.ask { it.shutdown() }
            } finally {
                core.destroy()
            }
        }
    }

    /**
     * Joins the queue before the first suspension. Cancelling the caller ends the waiting, never the
     * write.
     */
    suspend fun <T> write(act: (Core) -> T): T {
        val done = CompletableDeferred<T>()
        val joined = queue.trySend {
            try {
                done.complete(core.ask(act))
            } catch (error: Throwable) {
                // Whoever waits gets it, whatever it is: the queue goes on.
                done.completeExceptionally(error)
            }
        }
        if (joined.isFailure) throw closed()
        return done.await()
    }

    /** Asks beside the queue. A caller that is cancelled waits no longer. */
    suspend fun <T> read(act: (Core) -> T): T {
        val answer = scope.async { core.ask(act) }
        try {
            return answer.await()
        } finally {
            answer.cancel()
        }
    }

    /** Lets nobody join any more, and ends the replica after those who stand in the queue. */
    suspend fun close() {
        queue.close()
        end.await()
    }
}

/** Runs [block], then [end], whatever happened in it. What the block threw is thrown, with what the end threw. */
internal suspend fun <R> ending(end: suspend () -> Unit, block: suspend () -> R): R {
    val result = try {
        block()
    } catch (error: Throwable) {
        try {
            withContext(NonCancellable) { end() }
        } catch (late: Throwable) {
            error.addSuppressed(late)
        }
        throw error
    }
    withContext(NonCancellable) { end() }
    return result
}
