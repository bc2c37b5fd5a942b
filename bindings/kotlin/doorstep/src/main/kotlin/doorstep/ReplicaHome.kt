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
    private val beside = folder.absoluteFile.parentFile
    private val aside = "${folder.name}.aside-"

    /**
     * What opening came to.
     *
     * @property doorstep The replica. Where something was set aside it is a new one, to be enrolled anew.
     * @property setAside Where an earlier replica was moved, untouched, because nothing unwraps its secrets
     *   any more. Tell the person: what it held and had not sent is not readable on this device. It is here
     *   at each opening until [told].
     */
    public class Opened internal constructor(public val doorstep: Doorstep, public val setAside: File?) {
        /** The person was told of what was set aside: later openings do not say it again. */
        public suspend fun told() {
            if (setAside != null) withContext(Dispatchers.IO) { File(setAside, UNTOLD).delete() }
        }
    }

    /**
     * Opens the replica, or makes it with new secrets.
     *
     * Secrets that do not unwrap are tried again, since a Keystore that is busy fails too. Then, where the
     * key is gone or is another one, the whole replica is set aside and a new one made.
     *
     * @throws ProviderException The Keystore does not answer, for longer than a second; nothing was touched.
     */
    public suspend fun open(): Opened {
        val kept = unwrapped()
        val (secret, aside) = withContext(Dispatchers.IO) {
            if (kept == null && holdsSomething()) setAside()
            (kept ?: made()) to untold()
        }
        return Opened(opened(secret), aside)
    }

    /**
     * Opens the replica that is there; `null` where there is none, or nothing unwraps its secrets any more.
     * Makes nothing and sets nothing aside: for the background, where nobody would be told.
     *
     * @throws ProviderException As [open].
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

    /** The secrets; `null` where there are none, or nothing unwraps them any more. */
    private suspend fun unwrapped(): ByteArray? {
        val wrapped = withContext(Dispatchers.IO) { if (secrets.exists()) secrets.readBytes() else null } ?: return null
        var secret = unwrap(wrapped)
        for (pause in PAUSES) {
            if (secret.isSuccess) break
            delay(pause)
            secret = unwrap(wrapped)
        }
        return secret.getOrElse { if (it.tellsOfLoss()) null else throw it }
    }

    private suspend fun unwrap(wrapped: ByteArray): Result<ByteArray> = withContext(Dispatchers.IO) {
        runCatching { wrap.unwrap(wrapped).also { require(it.size == KEY + MARKER) { "the secrets have another form" } } }
    }

    /** A [ProviderException] is what Android's Keystore says when it is busy. */
    private fun Throwable.tellsOfLoss() =
        this is GeneralSecurityException || this is RuntimeException && this !is ProviderException

    /** New secrets and the replica's folder, on the disk before anything is encrypted with them. */
    private fun made(): ByteArray {
        val secret = ByteArray(KEY + MARKER).also { SecureRandom().nextBytes(it) }
        Durable.folder(folder)
        Durable.write(secrets, wrap.wrap(secret))
        Durable.folder(replica)
        return secret
    }

    /** Moves everything beside the folder, under the first name that is free, with the mark that nobody was told. */
    private fun setAside() {
        Durable.write(File(folder, UNTOLD), ByteArray(0))
        Durable.rename(folder, generateSequence(1) { it + 1 }.map { File(beside, aside + it) }.first { !it.exists() })
    }

    /** The first that was set aside and that nobody was told of. */
    private fun untold(): File? = beside.list().orEmpty()
        .mapNotNull { if (it.startsWith(aside)) it.drop(aside.length).toIntOrNull() else null }
        .sorted()
        .map { File(beside, aside + it) }
        .firstOrNull { File(it, UNTOLD).exists() }

    private companion object {
        private const val KEY = 32
        private const val MARKER = 32

        /** The mark of what was set aside until the person is told. */
        private const val UNTOLD = "untold"

        /** Between tries, in milliseconds. */
        val PAUSES = listOf(100L, 200L, 400L, 800L)
    }
}
