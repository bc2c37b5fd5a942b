/* One open replica for everything in a process that wants it: a folder opens once. */
package doorstep

import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.io.File

/**
 * The replica of an app, open while anybody in the process uses it: a screen, the button, the background.
 * Keep one in the `Application`.
 */
public class SharedReplica(private val home: ReplicaHome) {
    private val lock = Mutex()
    private var held: Doorstep? = null
    private var users = 0

    /**
     * Runs [block] with the replica: the first user opens it, the last one closes it, whatever happens in
     * the block. A screen uses it as long as it is shown.
     *
     * @param setAside Hears where an earlier replica was moved whose secrets nothing unwraps any more; see
     *   [ReplicaHome.Opened.setAside]. It hears it at each opening until it has returned.
     * @throws DoorstepException.Store As [Doorstep.open].
     * @throws java.security.ProviderException As [ReplicaHome.open].
     */
    public suspend fun <R> use(setAside: (File) -> Unit, block: suspend (Doorstep) -> R): R {
        var opened: ReplicaHome.Opened? = null
        val replica = joined { home.open().also { opened = it }.doorstep }
        return using(checkNotNull(replica)) {
            opened?.let { opened ->
                opened.setAside?.let(setAside)
                opened.told()
            }
            block(it)
        }
    }

    /**
     * The same in the background: what is there is used, nothing is made and nothing set aside.
     *
     * @return `null` where there is no replica, or nothing unwraps its secrets any more.
     */
    public suspend fun <R : Any> useKept(block: suspend (Doorstep) -> R): R? =
        joined { home.openKept() }?.let { using(it, block) }

    private suspend fun joined(open: suspend () -> Doorstep?): Doorstep? = lock.withLock {
        val replica = held ?: open()
        if (replica != null) {
            held = replica
            users += 1
        }
        replica
    }

    private suspend fun <R> using(replica: Doorstep, block: suspend (Doorstep) -> R): R =
        ending({ left(replica) }) { block(replica) }

    /** Whoever opens next waits until the folder is let go of. */
    private suspend fun left(replica: Doorstep) = lock.withLock {
        users -= 1
        if (users == 0) {
            held = null
            replica.close()
        }
    }
}
