// The way to the office by libcurl, where URLSession does not tell whose key answers: on Linux.

import CPinnedCurl
import Dispatch
import Doorstep
import Foundation

/// Carries requests to the first address of the office that answers with one of its keys. The address that
/// answered is asked first from then on. A request has a thread of its own while it is on its way.
public final class CurlOfficeLink: OfficeLink {
    private let calls = OfficeCalls()

    /// A link.
    public init() {}

    public func carry(_ request: Data, to office: OfficeAddress) async throws -> Data {
        try await calls.reply(from: office) { url, keys in
            let pins = keys.map { "sha256//\($0.base64EncodedString())" }.sorted().joined(separator: ";")
            let flag = Flag()
            let answer = await withTaskCancellationHandler {
                await withCheckedContinuation { waiting in
                    DispatchQueue(label: "cn.doorstep.curl").async {
                        waiting.resume(returning: post(url, pins, request, flag))
                    }
                }
            } onCancel: {
                flag.raise()
            }
            try Task.checkCancellation()
            return answer
        }
    }
}

private func post(_ url: OfficeUrl, _ pins: String, _ request: Data, _ flag: Flag) -> OfficeCalls.Answer {
    let answer = request.withUnsafeBytes { bytes in
        pinned_post(
            "\(url.text)/sync", url.isEncrypted ? pins : nil,
            bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count,
            OfficeCalls.replyMax, OfficeCalls.connect, OfficeCalls.exchange, flag.value
        )
    }
    defer { pinned_free(answer.reply) }
    if answer.too_long != 0 { return .tooLong }
    guard answer.error == 0 else {
        let words = String(cString: pinned_words(answer.error))
        return pinned_is_other_key(answer.error) != 0 ? .anotherKey(words) : .nobody(words)
    }
    let body = answer.reply.map { Data(bytes: $0, count: answer.length) } ?? Data()
    let after = answer.retry_after > 0 ? answer.retry_after : nil
    return .response(status: answer.status, retryAfter: after, body: body)
}

/// Raised once, by whoever cancels; looked at by libcurl.
private final class Flag: @unchecked Sendable {
    let value = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

    init() {
        value.initialize(to: 0)
    }

    func raise() {
        value.pointee = 1
    }

    deinit {
        value.deallocate()
    }
}
