// The way to the office, as a protocol, and what can go wrong on it. Who may answer is decided here for
// every implementation; how bytes travel is theirs.

import DoorstepGenerated
import Foundation

/// Carries one request to the office and its reply back.
public protocol OfficeLink: Sendable {
    /// The office's reply to a request, from the first of its addresses that answers with one of its keys.
    /// Ends at once when its caller is cancelled.
    ///
    /// - Throws: ``LinkError``: no reply came. The same request may be sent again: nothing is counted twice.
    func carry(_ request: Data, to office: OfficeAddress) async throws -> Data
}

/// Why no reply came. Nothing is lost: a later exchange goes on.
public enum LinkError: Error, Hashable, Sendable {
    /// The invitation names no address.
    case noAddress

    /// An address that cannot be talked to: not `https://host:port`, or `http://` to another machine.
    case badAddress(String)

    /// The invitation names an `https` address but not the key to trust there.
    case noKey

    /// Somebody answered with another key: another machine at an old address, or somebody in between.
    case wrongKey(String)

    /// No address answered.
    case notReachable(String)

    /// The office has too much to do: when to try again.
    case busy(retryAfter: Duration)

    /// The office answered with an HTTP status that is no reply.
    case status(Int)

    /// The reply is longer than a message may be.
    case replyTooLong

    /// This system's `URLSession` does not tell whose key answers, so nothing was sent.
    case cannotPin

    /// For ever the same, as the command line of the office prints it.
    public var code: String {
        switch self {
        case .noAddress: "transport.no_address"
        case .badAddress: "transport.bad_address"
        case .noKey: "transport.no_key"
        case .wrongKey: "transport.wrong_key"
        case .notReachable: "transport.not_reachable"
        case .busy: "transport.busy"
        case .status: "transport.status"
        case .replyTooLong: "transport.reply_too_long"
        case .cannotPin: "transport.cannot_pin"
        }
    }

    /// Another try may work later without anybody changing anything.
    public var isRetryable: Bool {
        switch self {
        case .wrongKey, .notReachable, .busy: true
        case .status(let status): status >= 500
        case .noAddress, .badAddress, .noKey, .replyTooLong, .cannotPin: false
        }
    }

    /// The words for the person, Chinese.
    public var zh: String {
        switch self {
        case .noAddress: "邀请码里没有办公室的地址。请向办公室要一个新的邀请码。"
        case .badAddress(let address): "地址不能用：\(address)。请向办公室要一个新的邀请码。"
        case .noKey: "邀请码里没有办公室的密钥。请向办公室要一个新的邀请码。"
        case .wrongKey: "应答的不是办公室（密钥不对），什么也没有发出。请换个网络再试；还是这样，请告诉办公室。"
        case .notReachable: "连不上办公室。记录都在本机，有网络时再发。"
        case .busy(let after): "办公室正忙，请过 \(after.components.seconds) 秒再试。"
        case .status(let status): "办公室的应答有误（\(status)）。请稍后再试。"
        case .replyTooLong: "应答太长，没有采用。请告诉办公室。"
        case .cannotPin: "这个系统核对不了办公室的密钥，什么也没有发出。请告诉办公室。"
        }
    }

    /// The words for the person, English.
    public var en: String {
        switch self {
        case .noAddress: "The invitation names no address of the office. Ask the office for a new one."
        case .badAddress(let address):
            "This address cannot be used: \(address). Ask the office for a new invitation."
        case .noKey: "The invitation does not name the office's key. Ask the office for a new one."
        case .wrongKey(let told):
            "Somebody else answers, with another key; nothing was sent. Try another network; if that does "
                + "not help, tell the office. \(told)"
        case .notReachable(let told):
            "The office does not answer. Everything is kept here and will be sent later. \(told)"
        case .busy(let after): "The office is busy; try again in \(after.components.seconds) s."
        case .status(let status): "The office answered with HTTP status \(status). Try again later."
        case .replyTooLong: "The reply is too long and was not taken. Tell the office."
        case .cannotPin: "This system cannot check the office's key; nothing was sent. Tell the office."
        }
    }
}

extension LinkError: CustomStringConvertible {
    /// The English words with the code.
    public var description: String { "\(en) (\(code))" }
}

/// An address of the office that may be talked to: `https`, or plain HTTP on this machine.
public struct OfficeUrl: Hashable, Sendable {
    /// `https://host:port`, without a path.
    public let text: String

    /// One of the office's keys has to guard it.
    public let isEncrypted: Bool

    /// Reads an address of an invitation.
    ///
    /// - Throws: ``LinkError/badAddress(_:)``: it is none, or plain HTTP to another machine.
    public init(_ address: String) throws {
        var text = Substring(address.trimmingCharacters(in: .whitespaces))
        while text.hasSuffix("/") { text.removeLast() }
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let host = OfficeUrl.host(parts[1]) else { throw LinkError.badAddress(address) }
        switch parts[0].lowercased() {
        case "https": isEncrypted = true
        case "http" where OfficeUrl.isThisMachine(host): isEncrypted = false
        default: throw LinkError.badAddress(address)
        }
        self.text = String(text)
    }

    /// The host of `host`, `host:port`, `[literal]` or `[literal]:port`, and of nothing else.
    private static func host(_ authority: Substring) -> String? {
        let pattern = #"^(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+)(:[0-9]{1,5})?$"#
        guard authority.range(of: pattern, options: .regularExpression) != nil else { return nil }
        // Colons of a literal stand before its bracket.
        let host = authority.firstIndex(of: "]").map { authority[...$0] } ?? authority.prefix { $0 != ":" }
        let port = authority.dropFirst(host.count)
        return port.isEmpty || UInt16(port.dropFirst()) ?? 0 > 0 ? String(host) : nil
    }

    /// `localhost` or a loopback literal; no name is resolved to find out. An octet is written in one way: who
    /// connects may read `0127` as octal.
    private static func isThisMachine(_ host: String) -> Bool {
        if host.lowercased() == "localhost" || host == "[::1]" { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0).map(String.init) ?? "" == $0 }
    }
}

/// What every link does with an office's addresses and with an answer.
package final class OfficeCalls: Sendable {
    /// The longest message of the wire format, bytes.
    package static let replyMax = 4 * 1024 * 1024

    /// Longest time for a connection to one address, and for a whole exchange with it, which lets 64 KiB
    /// through a 2G link; seconds.
    package static let connect = 15
    package static let exchange = 180

    private let answered = Locked<String?>(nil)

    package init() {}

    /// What came of one address.
    package enum Answer: Sendable {
        /// An HTTP response.
        case response(status: Int, retryAfter: Int?, body: Data)
        /// The answer was longer than a message may be.
        case tooLong
        /// Somebody has another key.
        case anotherKey(String)
        /// Nobody answered.
        case nobody(String)
    }

    /// The first reply that comes from an address of the office, the one that answered last time first.
    package func reply(
        from office: OfficeAddress,
        _ post: (OfficeUrl, Set<Data>) async throws -> Answer
    ) async throws -> Data {
        let last = answered.with { $0 }
        let urls = try office.addresses.map(OfficeUrl.init)
        guard !urls.isEmpty else { throw LinkError.noAddress }
        let keys = Set(office.keysSha256)
        if keys.isEmpty, urls.contains(where: \.isEncrypted) { throw LinkError.noKey }
        var told: [String] = []
        var isSomebodyElse = false
        for url in urls.filter({ $0.text == last }) + urls.filter({ $0.text != last }) {
            switch try await post(url, keys) {
            case .response(let status, let retryAfter, let body):
                // The office itself: if it says no, other addresses lead to the same office.
                let reply = try OfficeCalls.read(status, retryAfter, body)
                answered.with { $0 = url.text }
                return reply
            case .tooLong:
                throw LinkError.replyTooLong
            case .anotherKey(let why):
                isSomebodyElse = true
                told.append("\(url.text): \(why)")
            case .nobody(let why):
                told.append("\(url.text): \(why)")
            }
        }
        let all = told.joined(separator: "; ")
        throw isSomebodyElse ? LinkError.wrongKey(all) : LinkError.notReachable(all)
    }

    private static func read(_ status: Int, _ retryAfter: Int?, _ body: Data) throws -> Data {
        switch status {
        case 200: return body
        case 503:
            // An office that does not say how long is left alone for a while, and none for more than an hour.
            let asked = retryAfter.flatMap { $0 > 0 ? $0 : nil } ?? 30
            throw LinkError.busy(retryAfter: .seconds(min(asked, 3_600)))
        default: throw LinkError.status(status)
        }
    }
}
