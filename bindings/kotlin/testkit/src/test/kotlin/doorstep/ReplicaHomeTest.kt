package doorstep

import jdk.jfr.Recording
import jdk.jfr.consumer.RecordingFile
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.IOException
import java.security.GeneralSecurityException
import java.security.ProviderException
import java.time.Duration
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/** Secrets that are wrapped by a key that does not leave the device, and a device that lost it. */
class ReplicaHomeTest {
    @TempDir
    lateinit var device: File

    private val folder get() = File(device, "doorstep")

    /** Stands for the Keystore: AES-GCM, as there. */
    private class Keystore : KeyWrap {
        var key: SecretKey = made()

        /** How it fails before it works. */
        val failures = ArrayDeque<Exception>()

        /** What happens when it wraps: what was there is set aside, and nothing new is there yet. */
        var wrapping: () -> Unit = {}

        override fun wrap(secret: ByteArray): ByteArray {
            wrapping()
            val cipher = Cipher.getInstance("AES/GCM/NoPadding").apply { init(Cipher.ENCRYPT_MODE, key) }
            return cipher.iv + cipher.doFinal(secret)
        }

        override fun unwrap(wrapped: ByteArray): ByteArray {
            failures.removeFirstOrNull()?.let { throw it }
            val cipher = Cipher.getInstance("AES/GCM/NoPadding")
            cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(128, wrapped, 0, 12))
            return cipher.doFinal(wrapped, 12, wrapped.size - 12)
        }

        companion object {
            fun made(): SecretKey = KeyGenerator.getInstance("AES").apply { init(256) }.generateKey()
        }
    }

    private val keystore = Keystore()

    /** What was set aside, once the person knows it. */
    private suspend fun told(opened: ReplicaHome.Opened): File? {
        opened.told()
        opened.doorstep.close()
        return opened.setAside
    }

    private fun home() = ReplicaHome(folder, keystore, encrypts = false)

    @Test
    fun `what was kept is there again, and no secret lies open`() = runTest {
        home().open().doorstep.use { it.setDraft("where", "三楼") }
        val secret = keystore.unwrap(File(folder, "secrets").readBytes())
        assertEquals(64, secret.size)
        assertFalse(String(File(folder, "secrets").readBytes(), Charsets.ISO_8859_1).contains(String(secret, Charsets.ISO_8859_1)))
        val again = home().open()
        assertNull(again.setAside)
        again.doorstep.use { assertEquals("三楼", it.draft("where")) }
    }

    @Test
    fun `secrets and names are on the disk before anything is encrypted with them`() = runTest {
        val told = File(device, "told.jfr").toPath()
        Recording().use {
            it.enable("jdk.FileForce").withThreshold(Duration.ZERO)
            it.start()
            home().open().doorstep.close()
            it.dump(told)
        }
        val forced = RecordingFile.readAllEvents(told).map { File(it.getString("path")) }
        assertEquals(listOf(device, File(folder, "secrets.tmp"), folder, folder), forced)
    }

    @Test
    fun `a keystore that is busy is asked again`() = runTest {
        home().open().doorstep.use { it.setDraft("where", "三楼") }
        keystore.failures += listOf(GeneralSecurityException("busy"), ProviderException("busy, as Android's says it"))
        home().open().doorstep.use { assertEquals("三楼", it.draft("where")) }
    }

    @Test
    fun `a keystore that stays busy is an error, and nothing is touched`() = runTest {
        home().open().doorstep.use { it.setDraft("where", "三楼") }
        repeat(5) { keystore.failures += ProviderException("busy") }
        thrown<ProviderException> { home().open() }
        repeat(5) { keystore.failures += ProviderException("busy") }
        thrown<ProviderException> { home().openKept() }
        assertEquals(listOf(folder), device.listFiles()!!.toList())
        home().open().doorstep.use { assertEquals("三楼", it.draft("where")) }
    }

    @Test
    fun `secrets of another form are lost`() = runTest {
        home().open().doorstep.close()
        // Too short for what Android's recipe reads first.
        File(folder, "secrets").writeBytes(ByteArray(5))
        assertEquals(File(device, "doorstep.aside-1"), told(home().open()))
        File(folder, "secrets").writeBytes(keystore.wrap(ByteArray(7)))
        assertNull(home().openKept())
        assertEquals(File(device, "doorstep.aside-2"), told(home().open()))
    }

    @Test
    fun `what nobody was told of is said at each opening until somebody is`() = runTest {
        home().open().doorstep.close()
        keystore.key = Keystore.made()
        keystore.wrapping = { throw IOException("the disk is full") }
        thrown<IOException> { home().open() }
        val caller = launch(start = CoroutineStart.LAZY) { home().open() }
        keystore.wrapping = { caller.cancel() }
        caller.join()
        keystore.wrapping = {}
        val aside = File(device, "doorstep.aside-1")
        repeat(2) { assertEquals(aside, home().open().also { it.doorstep.close() }.setAside) }
        assertEquals(aside, told(home().open()))
        assertNull(home().open().also { it.doorstep.close() }.setAside)
        assertTrue(aside.isDirectory)
    }

    @Test
    fun `what nothing unwraps any more is set aside untouched, and said`() = runTest {
        home().open().doorstep.use { it.setDraft("where", "三楼") }
        val before = File(folder, "replica/doorstep.db").readBytes()
        val lost = keystore.key
        keystore.key = Keystore.made()
        val anew = home().open()
        assertEquals(File(device, "doorstep.aside-1"), anew.setAside)
        anew.doorstep.use {
            assertNull(it.draft("where"))
            assertNull(it.enrolled())
        }
        assertArrayEquals(before, File(anew.setAside, "replica/doorstep.db").readBytes())
        // Whoever has the key after all finds everything.
        keystore.key = lost
        ReplicaHome(anew.setAside!!, keystore, encrypts = false).open().doorstep.use {
            assertEquals("三楼", it.draft("where"))
        }
    }

    @Test
    fun `the key is handed to the library, and this one says that it cannot encrypt`() = runTest {
        val refused = runCatching { ReplicaHome(folder, keystore).open() }.exceptionOrNull()
        assertEquals("store.key_mismatch", (refused as DoorstepException).code)
    }

    @Test
    fun `a replica whose secrets are gone is set aside too`() = runTest {
        home().open().doorstep.close()
        File(folder, "secrets").delete()
        assertEquals(File(device, "doorstep.aside-1"), told(home().open()))
        keystore.key = Keystore.made()
        assertEquals(File(device, "doorstep.aside-2"), told(home().open()))
    }
}
