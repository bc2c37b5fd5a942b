/*
 * The way to the office by OkHttp. The office is known by the SHA-256 of its key, from the invitation or
 * announced to follow, and by nothing else: no name, no date, no authority.
 */
package doorstep.okhttp

import doorstep.LinkException
import doorstep.OfficeAddress
import doorstep.OfficeLink
import doorstep.OfficeUrl
import kotlinx.coroutines.suspendCancellableCoroutine
import okhttp3.Call
import okhttp3.Callback
import okhttp3.ConnectionSpec
import okhttp3.CookieJar
import okhttp3.HttpUrl.Companion.toHttpUrlOrNull
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import okhttp3.Response
import java.io.IOException
import java.net.Proxy
import java.security.SecureRandom
import java.time.Duration
import javax.net.ssl.SSLContext
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException

/**
 * Carries requests to the first address of the office that answers with one of its keys. The address that
 * answered is asked first from then on.
 *
 * @param client Where connections and threads come from. What it says of proxies, redirects, cookies,
 *   certificates, names and times does not count here.
 */
public class OkHttpOfficeLink @JvmOverloads constructor(
    private val client: OkHttpClient = OkHttpClient(),
) : OfficeLink {
    @Volatile
    private var pinned: Pinned? = null

    @Volatile
    private var answered: String? = null

    override suspend fun carry(office: OfficeAddress, request: ByteArray): ByteArray {
        val urls = office.addresses.map { OfficeUrl.read(it) }.sortedBy { it.text != answered }
        if (urls.isEmpty()) throw LinkException.NoAddress()
        val keys = OfficeKeys(office.keysSha256)
        if (keys.isEmpty && urls.any { it.isEncrypted }) throw LinkException.NoKey()
        val client = pinned(keys)
        val told = mutableListOf<String>()
        var somebodyElse = false
        for (url in urls) {
            try {
                val reply = client.newCall(post(url, request)).reply()
                answered = url.text
                return reply
            } catch (error: LinkException) {
                // The office itself said no: other addresses lead to the same office.
                throw error
            } catch (error: IOException) {
                somebodyElse = somebodyElse || error.isOfAnotherKey()
                told += "${url.text}: ${error.message}"
            }
        }
        val all = told.joinToString("; ")
        throw if (somebodyElse) LinkException.WrongKey(all) else LinkException.NotReachable(all)
    }

    /** A client that trusts these keys; kept as long as they are the same, for its connections. */
    private fun pinned(keys: OfficeKeys): OkHttpClient {
        pinned?.takeIf { it.keys == keys }?.let { return it.client }
        val tls = SSLContext.getInstance("TLS")
        tls.init(null, arrayOf(keys), SecureRandom())
        val made = client.newBuilder()
            .sslSocketFactory(tls.socketFactory, keys)
            .hostnameVerifier { _, _ -> true }
            .connectionSpecs(listOf(ConnectionSpec.MODERN_TLS, ConnectionSpec.CLEARTEXT))
            .proxy(Proxy.NO_PROXY)
            .followRedirects(false)
            .followSslRedirects(false)
            .cookieJar(CookieJar.NO_COOKIES)
            .cache(null)
            .connectTimeout(CONNECT)
            .readTimeout(EXCHANGE)
            .writeTimeout(EXCHANGE)
            .callTimeout(EXCHANGE)
            .build()
        pinned = Pinned(keys, made)
        return made
    }

    private class Pinned(val keys: OfficeKeys, val client: OkHttpClient)

    private companion object {
        /** For a connection to one address. */
        val CONNECT: Duration = Duration.ofSeconds(15)

        /** For a whole exchange with one address: it lets 64 KiB through a 2G link. */
        val EXCHANGE: Duration = Duration.ofSeconds(180)

        /** A message of the wire format is never longer. */
        private const val REPLY_MAX = 4L * 1024 * 1024

        /** Seconds that the office is left alone, when it does not say how many. */
        private const val RETRY_AFTER = 30L

        private const val RETRY_AFTER_MAX = 3_600L

        val BYTES = "application/octet-stream".toMediaType()

        fun post(office: OfficeUrl, request: ByteArray): Request {
            val url = "${office.text}/sync".toHttpUrlOrNull() ?: throw LinkException.BadAddress(office.text)
            return Request.Builder().url(url).post(request.toRequestBody(BYTES)).build()
        }

        /** The reply, or why there is none. Cancelling the caller cuts the connection. */
        suspend fun Call.reply(): ByteArray = suspendCancellableCoroutine { waiting ->
            waiting.invokeOnCancellation { cancel() }
            enqueue(
                object : Callback {
                    override fun onFailure(call: Call, e: IOException) = waiting.resumeWithException(e)

                    override fun onResponse(call: Call, response: Response) {
                        try {
                            waiting.resume(response.use { read(it) })
                        } catch (error: IOException) {
                            waiting.resumeWithException(error)
                        }
                    }
                },
            )
        }

        fun read(response: Response): ByteArray {
            if (response.code == 503) throw LinkException.Busy(retryAfter(response))
            if (response.code != 200) throw LinkException.Status(response.code)
            val source = checkNotNull(response.body).source()
            if (source.request(REPLY_MAX + 1)) throw LinkException.ReplyTooLong()
            return source.readByteArray()
        }

        fun retryAfter(response: Response): Duration {
            val asked = response.header("Retry-After")?.toLongOrNull()?.takeIf { it > 0 } ?: RETRY_AFTER
            return Duration.ofSeconds(minOf(asked, RETRY_AFTER_MAX))
        }

        fun Throwable.isOfAnotherKey(): Boolean = generateSequence(this) { it.cause }.any { it is AnotherKey }
    }
}
