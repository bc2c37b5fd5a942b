package doorstep.okhttp

import doorstep.LinkException
import doorstep.OfficeAddress
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import okhttp3.mockwebserver.MockResponse
import okhttp3.mockwebserver.MockWebServer
import okhttp3.mockwebserver.SocketPolicy
import okhttp3.tls.HandshakeCertificates
import okhttp3.tls.HeldCertificate
import okio.Buffer
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.security.MessageDigest
import java.time.Duration

/** Who may answer, and what becomes of each answer. */
class OkHttpOfficeLinkTest {
    private val link = OkHttpOfficeLink()
    private val offices = mutableListOf<Office>()

    /** A server with a key of its own, that answers what it is told to. */
    private inner class Office(certificate: HeldCertificate = HeldCertificate.Builder().build()) {
        val server = MockWebServer().also {
            val tls = HandshakeCertificates.Builder().heldCertificate(certificate).build()
            it.useHttps(tls.sslSocketFactory(), false)
            it.start()
        }
        val address = "https://127.0.0.1:${server.port}"
        val key: ByteArray = MessageDigest.getInstance("SHA-256").digest(certificate.keyPair.public.encoded)

        init {
            offices += this
        }

        fun answers(text: String, code: Int = 200) =
            server.enqueue(MockResponse().setResponseCode(code).setBody(text))
    }

    @AfterEach
    fun end() = offices.forEach { it.server.shutdown() }

    private fun carry(addresses: List<String>, vararg keys: ByteArray): String =
        runBlocking { link.carry(OfficeAddress(addresses, keys.toList()), "hello".toByteArray()).decodeToString() }

    @Test
    fun `the right key is trusted and gets the request as it is`() {
        val office = Office()
        office.answers("reply")
        assertEquals("reply", carry(listOf(office.address), office.key))
        val request = office.server.takeRequest()
        assertEquals("POST /sync HTTP/1.1", request.requestLine)
        assertEquals("hello", request.body.readUtf8())
        assertEquals("application/octet-stream", request.getHeader("Content-Type"))
    }

    @Test
    fun `another key gets not a byte`() {
        val office = Office()
        assertEquals("transport.wrong_key", assertThrows<LinkException.WrongKey> { carry(listOf(office.address), ByteArray(32)) }.code)
        assertEquals(0, office.server.requestCount)
        assertThrows<LinkException.NoKey> { carry(listOf(office.address)) }
    }

    @Test
    fun `the key that was announced is trusted too, and no third`() {
        val office = Office()
        office.answers("reply")
        assertEquals("reply", carry(listOf(office.address), ByteArray(32), office.key))
        assertThrows<LinkException.WrongKey> { carry(listOf(office.address), ByteArray(32), ByteArray(32) { 1 }) }
    }

    @Test
    fun `the date on the phone does not count`() {
        // To a phone in 1970 every certificate is of the future, to one in 2099 each has ended.
        val year = Duration.ofDays(365).toMillis()
        for ((from, until) in listOf(100 * year to 101 * year, 0L to year)) {
            val office = Office(HeldCertificate.Builder().validityInterval(from, until).commonName("nobody").build())
            office.answers("reply")
            assertEquals("reply", carry(listOf(office.address), office.key))
        }
    }

    @Test
    fun `an office that moved is found at its next address and asked there first`() {
        val (impostor, office) = Office() to Office()
        office.answers("one")
        office.answers("two")
        val addresses = listOf("https://127.0.0.1:9", impostor.address, office.address)
        assertEquals("one", carry(addresses, office.key))
        impostor.server.shutdown()
        assertEquals("two", carry(addresses, office.key))
        assertEquals(0, impostor.server.requestCount)
    }

    @Test
    fun `nobody at any address is not reachable`() {
        val error = assertThrows<LinkException.NotReachable> { carry(listOf("https://127.0.0.1:9"), ByteArray(32)) }
        assertTrue(error.isRetryable && "127.0.0.1:9" in error.en)
        assertThrows<LinkException.NoAddress> { carry(emptyList(), ByteArray(32)) }
    }

    @Test
    fun `plain HTTP goes to this machine only, and nothing to what is no address`() {
        val away = listOf(
            "http://192.0.2.1", "http://office.example", "http://localhost.example", "http://127.0.0.1.example",
            "http://0.0.0.0:8080", "http://[::ffff:10.0.0.1]:80", "ftp://127.0.0.1", "127.0.0.1:80", "", "https://",
            "https://a.example/else", "https://a.example/?x=1", "https://name:word@a.example", "https://a b",
            "//127.0.0.1:80", "https://192.0.2.1:84433", "https://192.0.2.1:0", "http://127.0.0.1:65536",
            "https://[fe80::1%25nowhere]:1", "http://[fe80::1%25nowhere]:1",
        )
        for (address in away) {
            val refused = assertThrows<LinkException.BadAddress>(address) { carry(listOf(address), ByteArray(32)) }
            assertFalse(refused.isRetryable)
        }
        val here = MockWebServer()
        here.enqueue(MockResponse().setBody("reply"))
        here.start()
        assertEquals("reply", carry(listOf("http://127.0.0.1:${here.port}/")))
        here.shutdown()
    }

    @Test
    fun `what is no reply says what it is`() {
        val office = Office()
        fun answer(response: MockResponse) = office.server.enqueue(response)
        answer(MockResponse().setResponseCode(503).setHeader("Retry-After", "7"))
        assertEquals(7, assertThrows<LinkException.Busy> { carry(listOf(office.address), office.key) }.retryAfter.seconds)
        for (odd in listOf("tomorrow", "0")) {
            // After 0 OkHttp asks once more itself.
            repeat(if (odd == "0") 2 else 1) { answer(MockResponse().setResponseCode(503).setHeader("Retry-After", odd)) }
            val busy = assertThrows<LinkException.Busy> { carry(listOf(office.address), office.key) }
            assertEquals(30, busy.retryAfter.seconds, odd)
        }
        answer(MockResponse().setResponseCode(413))
        assertEquals(413, assertThrows<LinkException.Status> { carry(listOf(office.address), office.key) }.status)
        // Nobody is followed elsewhere.
        answer(MockResponse().setResponseCode(302).setHeader("Location", "http://192.0.2.1/"))
        assertEquals(302, assertThrows<LinkException.Status> { carry(listOf(office.address), office.key) }.status)
        answer(MockResponse().setBody(Buffer().write(ByteArray(4 * 1024 * 1024 + 1))))
        assertThrows<LinkException.ReplyTooLong> { carry(listOf(office.address), office.key) }
        answer(MockResponse().setBody("half of it").setSocketPolicy(SocketPolicy.DISCONNECT_DURING_RESPONSE_BODY))
        assertThrows<LinkException.NotReachable> { carry(listOf(office.address), office.key) }
    }

    @Test
    fun `the longest reply is taken`() {
        val office = Office()
        val longest = ByteArray(4 * 1024 * 1024) { it.toByte() }
        office.server.enqueue(MockResponse().setBody(Buffer().write(longest)))
        val reply = runBlocking { link.carry(OfficeAddress(listOf(office.address), listOf(office.key)), ByteArray(1)) }
        assertArrayEquals(longest, reply)
    }

    @Test
    fun `cancelling ends it at once`() = runBlocking {
        val office = Office()
        office.server.enqueue(MockResponse().setSocketPolicy(SocketPolicy.NO_RESPONSE))
        val began = System.nanoTime()
        val caller = launch(start = CoroutineStart.UNDISPATCHED) {
            link.carry(OfficeAddress(listOf(office.address), listOf(office.key)), ByteArray(1))
        }
        while (office.server.requestCount == 0) kotlinx.coroutines.yield()
        caller.cancelAndJoin()
        assertTrue(System.nanoTime() - began < 30_000_000_000)
    }
}
