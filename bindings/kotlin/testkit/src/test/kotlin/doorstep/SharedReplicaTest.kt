package doorstep

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** One open replica for many users, some of whom fail or are cancelled. */
class SharedReplicaTest {
    @TempDir
    lateinit var device: File

    /** Keeps secrets as they are. */
    private object Plain : KeyWrap {
        override fun wrap(secret: ByteArray) = secret

        override fun unwrap(wrapped: ByteArray) = wrapped
    }

    private val folder get() = File(device, "doorstep")
    private val home by lazy { ReplicaHome(folder, Plain, encrypts = false) }
    private val shared by lazy { SharedReplica(home) }

    private fun nothingMoved(aside: File): Unit = throw AssertionError("$aside was set aside")

    /** The folder opens, which it does for one at a time. */
    private suspend fun isFree() = home.open().doorstep.close()

    @Test
    fun `a screen and the background use one replica, and the last lets go of the folder`() = runBlocking {
        shared.use(::nothingMoved) { screen ->
            screen.setDraft("where", "三楼")
            assertEquals("三楼", shared.useKept { it.draft("where")!! })
            assertEquals("store.in_use", thrown<DoorstepException.Store> { isFree() }.code)
        }
        isFree()
    }

    @Test
    fun `many at once never find the folder taken`() = runBlocking {
        List(30) { number ->
            launch(Dispatchers.Default) {
                shared.use(::nothingMoved) { it.setDraft("$number", "x") }
            }
        }.forEach { it.join() }
        isFree()
        assertEquals(30, shared.useKept { it.draftKeys() }?.size)
    }

    @Test
    fun `who fails or is cancelled lets go of the folder`() = runBlocking {
        thrown<NoSuchElementException> { shared.use(::nothingMoved) { throw NoSuchElementException() } }
        isFree()
        val begun = CompletableDeferred<Unit>()
        val user = launch(start = CoroutineStart.UNDISPATCHED) {
            shared.use(::nothingMoved) {
                begun.complete(Unit)
                awaitCancellation()
            }
        }
        begun.await()
        user.cancelAndJoin()
        isFree()
    }

    @Test
    fun `what was set aside is said to who opened, and once`() = runBlocking {
        shared.use(::nothingMoved) { it.setDraft("where", "三楼") }
        File(folder, "secrets").delete()
        val moved = mutableListOf<File>()
        // Whoever does not hear it to the end was not told.
        thrown<NoSuchElementException> { shared.use({ throw NoSuchElementException() }) { } }
        shared.use(moved::add) { phone ->
            assertEquals(listOf(File(device, "doorstep.aside-1")), moved)
            assertNull(phone.draft("where"))
            shared.use(::nothingMoved) { }
        }
        shared.use(::nothingMoved) { }
    }
}
