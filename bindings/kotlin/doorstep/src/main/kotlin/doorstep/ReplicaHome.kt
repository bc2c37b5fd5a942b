/*
 * Where an app keeps a replica and the secrets that open it. What wraps them (Android's Keystore) is the
 * app's; nothing here knows it.
 */
package doorstep

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import java.io.File
import java.security.GeneralSecurityException
import java.security.ProviderException
import java.security.SecureRandom
import java.time.Duration

/**
 * Wraps secrets with a key that does not leave the device. On Android: AES-GCM by the Keystore, not bound
 * to PIN, finger or screen lock, so that work in the background goes on.
 */
public interface KeyWrap {
    /** Wraps [secret]. */
    @Throws(GeneralSecurityException::class)
    public fun wrap(secret: ByteArray): ByteArray

    /** What was wrapped. Throws where the key is gone or is another one. */
    @Throws(GeneralSecurityException::class)
    public fun unwrap(wrapped: ByteArray): ByteArray
}

/**
 * A folder with a replica and its wrapped secrets: the key of the database, 32 random bytes, and the
 * installation's marker. Keep it where backups do not go (`noBackupFilesDir`).
 *
 * @param encrypts Whether the library encrypts: the shipped one does.
 */
public class ReplicaHome @JvmOverloads constructor(
    private val folder: File,
    private val wrap: KeyWrap,
    private val encrypts: Boolean = true,
) {
    private val secrets = File(folder, "secrets")
    private val replica = File(folder, "replica")

    /**
     * What opening came to.
     *
     * @property doorstep The replica. It is enrolled anew where something was set aside.
     * @property setAside Where an earlier replica was moved, untouched, because nothing unwraps its secrets
     *   any more. Tell the person: what it held and had not sent is not readable on this device.
     */
    public class Opened internal constructor(public val doorstep: Doorstep, public val setAside: File?)

    /**
     * Opens the replica, or makes it with new secrets.
     *
     * Secrets that do not unwrap are tried again, since a Keystore that is busy fails too; then the whole
     * replica is set aside and a new one made.
     */
    public suspend fun open(): Opened {
        val kept = unwrapped()
        val aside = if (kept == null && holdsSomething()) withContext(Dispatchers.IO) { setAside() } else null
        return Opened(opened(kept ?: withContext(Dispatchers.IO) { made() }), aside)
    }

    /**
     * Opens the replica that is there; `null` where there is none, or nothing unwraps its secrets now. Makes
     * nothing and sets nothing aside: for the background, where nobody would be told.
     */
    public suspend fun openKept(): Doorstep? = unwrapped()?.let { opened(it) }

    private suspend fun opened(secret: ByteArray): Doorstep {
        val key = if (encrypts) secret.copyOfRange(0, KEY) else null
        try {
            return Doorstep.open(replica, key, secret.copyOfRange(KEY, KEY + MARKER))
        } finally {
            key?.fill(0)
            secret.fill(0)
        }
    }

    private fun holdsSomething() = secrets.exists() || replica.exists()

    /** The secrets; `null` where there are none, or nothing unwraps them. */
    private suspend fun unwrapped(): ByteArray? = withContext(Dispatchers.IO) {
        if (!secrets.exists()) return@withContext null
        repeat(TRIES) { trial ->
            if (trial > 0) delay(PAUSE.toMillis())
            try {
                val secret = wrap.unwrap(secrets.readBytes())
                if (secret.size == KEY + MARKER) return@withContext secret
            } catch (_: GeneralSecurityException) {
                // Tried again.
            } catch (_: ProviderException) {
                // What Android's says when it is busy.
            }
        }
        null
    }

    /** New secrets and the replica's folder, on the disk before anything is encrypted with them. */
    private fun made(): ByteArray {
        val secret = ByteArray(KEY + MARKER).also { SecureRandom().nextBytes(it) }
        Durable.folder(folder)
        Durable.write(secrets, wrap.wrap(secret))
        Durable.folder(replica)
        return secret
    }

    /** Moves everything beside the folder, under the first name that is free. */
    private fun setAside(): File {
        val free = generateSequence(1) { it + 1 }.map { File(folder.absoluteFile.parentFile, "${folder.name}.aside-$it") }
            .first { !it.exists() }
        Durable.rename(folder, free)
        return free
    }

    private companion object {
        private const val KEY = 32
        private const val MARKER = 32
        private const val TRIES = 3
        val PAUSE: Duration = Duration.ofMillis(200)
    }
}
