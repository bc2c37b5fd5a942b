/*
 * The way to the office, as an interface, and what can go wrong on it. Who may answer is decided here for
 * every implementation; how bytes travel is theirs.
 */
package doorstep

import java.io.IOException
import java.net.InetAddress
import java.net.URI
import java.net.URISyntaxException
import java.net.UnknownHostException
import java.time.Duration

/** Carries one request to the office and its reply back. */
public fun interface OfficeLink {
    /**
     * The office's reply to [request], from the first of its addresses that answers with one of its keys.
     * Ends at once when its caller is cancelled.
     *
     * @throws LinkException No reply came. The same request may be sent again: nothing is counted twice.
     */
    public suspend fun carry(office: OfficeAddress, request: ByteArray): ByteArray
}

/** Why no reply came. Nothing is lost: a later exchange goes on. */
public sealed class LinkException(
    /** For ever the same, as the command line of the office prints it. */
    public val code: String,
    /** The words for the person, Chinese. */
    public val zh: String,
    /** The words for the person, English. */
    public val en: String,
    /** Another try may work later without anybody changing anything. */
    public val isRetryable: Boolean,
) : IOException("$en ($code)") {
    /** The invitation names no address. */
    public class NoAddress : LinkException(
        "transport.no_address",
        "邀请码里没有办公室的地址。请向办公室要一个新的邀请码。",
        "The invitation names no address of the office. Ask the office for a new one.",
        false,
    )

    /** An address that cannot be talked to: not `https://host:port`, or `http://` to another machine. */
    public class BadAddress(
        /** The address. */
        public val address: String,
    ) : LinkException(
        "transport.bad_address",
        "地址不能用：$address。请向办公室要一个新的邀请码。",
        "This address cannot be used: $address. Ask the office for a new invitation.",
        false,
    )

    /** The invitation names an `https` address but not the key to trust there. */
    public class NoKey : LinkException(
        "transport.no_key",
        "邀请码里没有办公室的密钥。请向办公室要一个新的邀请码。",
        "The invitation does not name the office's key. Ask the office for a new one.",
        false,
    )

    /** Somebody answered with another key: another machine at an old address, or somebody in between. */
    public class WrongKey(told: String) : LinkException(
        "transport.wrong_key",
        "应答的不是办公室（密钥不对），什么也没有发出。请换个网络再试；还是这样，请告诉办公室。",
        "Somebody else answers, with another key; nothing was sent. Try another network; if that does not " +
            "help, tell the office. $told",
        true,
    )

    /** No address answered. */
    public class NotReachable(told: String) : LinkException(
        "transport.not_reachable",
        "连不上办公室。记录都在本机，有网络时再发。",
        "The office does not answer. Everything is kept here and will be sent later. $told",
        true,
    )

    /** The office has too much to do. */
    public class Busy(
        /** When to try again. */
        public val retryAfter: Duration,
    ) : LinkException(
        "transport.busy",
        "办公室正忙，请过 ${retryAfter.seconds} 秒再试。",
        "The office is busy; try again in ${retryAfter.seconds} s.",
        true,
    )

    /** The office answered with an HTTP status that is no reply. */
    public class Status(
        /** The status. */
        public val status: Int,
    ) : LinkException(
        "transport.status",
        "办公室的应答有误（$status）。请稍后再试。",
        "The office answered with HTTP status $status. Try again later.",
        status >= SERVER_ERRORS,
    )

    /** The reply is longer than a message may be. */
    public class ReplyTooLong : LinkException(
        "transport.reply_too_long",
        "应答太长，没有采用。请告诉办公室。",
        "The reply is too long and was not taken. Tell the office.",
        false,
    )

    private companion object {
        private const val SERVER_ERRORS = 500
    }
}

/** An address of the office that may be talked to: `https`, or plain HTTP on this machine. */
public class OfficeUrl private constructor(
    /** `https://host:port`, without a path. */
    public val text: String,
    /** One of the office's keys has to guard it. */
    public val isEncrypted: Boolean,
) {
    public companion object {
        private val IPV4 = Regex("""\d{1,3}(\.\d{1,3}){3}""")
        private val PORTS = 1..65_535

        /** What [URI] says where none is named. */
        private const val NO_PORT = -1

        /**
         * Reads an address of an invitation.
         *
         * @throws LinkException.BadAddress It is none, or plain HTTP to another machine.
         */
        public fun read(address: String): OfficeUrl {
            val text = address.trim().trimEnd('/')
            val uri = try {
                URI(text)
            } catch (_: URISyntaxException) {
                throw LinkException.BadAddress(address)
            }
            val host = uri.host
            val isBare = uri.rawPath.isNullOrEmpty() && uri.rawQuery == null && uri.rawFragment == null
            val isPort = uri.port == NO_PORT || uri.port in PORTS
            if (host == null || !isBare || !isPort || uri.rawUserInfo != null) throw LinkException.BadAddress(address)
            return when (uri.scheme?.lowercase()) {
                "https" -> OfficeUrl(text, true)
                "http" -> if (isThisMachine(host)) OfficeUrl(text, false) else throw LinkException.BadAddress(address)
                else -> throw LinkException.BadAddress(address)
            }
        }

        /** `localhost` or a loopback literal; no name is resolved to find out. */
        private fun isThisMachine(host: String): Boolean {
            val literal = host.removeSurrounding("[", "]")
            if (literal.equals("localhost", ignoreCase = true)) return true
            val isLiteral = IPV4.matches(literal) || ':' in literal
            return try {
                isLiteral && InetAddress.getByName(literal).isLoopbackAddress
            } catch (_: UnknownHostException) {
                false
            }
        }
    }
}
