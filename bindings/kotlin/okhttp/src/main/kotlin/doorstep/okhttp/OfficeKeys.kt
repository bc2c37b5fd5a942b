/*
 * The one rule of trust on the wire: these public keys and no other. Names, dates and issuers of a
 * certificate are not looked at; that its holder has the key is proved by the handshake.
 */
package doorstep.okhttp

import java.net.Socket
import java.security.MessageDigest
import java.security.cert.CertificateException
import java.security.cert.X509Certificate
import javax.net.ssl.SSLEngine
import javax.net.ssl.X509ExtendedTrustManager

/** Somebody answers with a key that is none of the office's. */
internal class AnotherKey : CertificateException("another key")

/** The SHA-256 of each SubjectPublicKeyInfo that the office may have. */
internal class OfficeKeys(sha256: List<ByteArray>) : X509ExtendedTrustManager() {
    private val keys: Set<List<Byte>> = sha256.map { it.toList() }.toSet()

    val isEmpty: Boolean get() = keys.isEmpty()

    override fun equals(other: Any?): Boolean = other is OfficeKeys && other.keys == keys

    override fun hashCode(): Int = keys.hashCode()

    override fun checkServerTrusted(chain: Array<out X509Certificate>?, authType: String?) {
        val key = chain?.firstOrNull()?.publicKey?.encoded ?: throw AnotherKey()
        if (MessageDigest.getInstance("SHA-256").digest(key).toList() !in keys) throw AnotherKey()
    }

    override fun checkServerTrusted(chain: Array<out X509Certificate>?, authType: String?, socket: Socket?) =
        checkServerTrusted(chain, authType)

    override fun checkServerTrusted(chain: Array<out X509Certificate>?, authType: String?, engine: SSLEngine?) =
        checkServerTrusted(chain, authType)

    override fun checkClientTrusted(chain: Array<out X509Certificate>?, authType: String?): Unit = throw AnotherKey()

    override fun checkClientTrusted(chain: Array<out X509Certificate>?, authType: String?, socket: Socket?): Unit =
        throw AnotherKey()

    override fun checkClientTrusted(chain: Array<out X509Certificate>?, authType: String?, engine: SSLEngine?): Unit =
        throw AnotherKey()

    override fun getAcceptedIssuers(): Array<X509Certificate> = emptyArray()
}
