// The way to the office by URLSession. The office is known by the SHA-256 of its key, from the invitation
// or announced to follow, and by nothing else: no name, no date, no authority. Foundation of Apple's
// systems hands its certificate over; that of Linux does not, and talks to loopback only.

import DoorstepGenerated
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

#if canImport(Security)
    import CryptoKit
    import Security
#endif

/// Carries requests to the first address of the office that answers with one of its keys. The address that
/// answered is asked first from then on.
///
/// On Linux `https` throws ``LinkError/cannotPin``, before anything is sent: its `URLSession` does not tell
/// whose key answers. `CurlOfficeLink` of the target `DoorstepCurl` checks the key there.
public final class URLSessionOfficeLink: OfficeLink {
    private let calls = OfficeCalls()
    private let answers = Answers()
    private let session: URLSession

    /// A link with connections of its own: without proxies, redirects, cookies and caches.
    public init() {
        let how = URLSessionConfiguration.ephemeral
        how.connectionProxyDictionary = [:]
        how.httpCookieAcceptPolicy = .never
        how.httpShouldSetCookies = false
        how.urlCache = nil
        how.requestCachePolicy = .reloadIgnoringLocalCacheData
        how.timeoutIntervalForRequest = TimeInterval(OfficeCalls.exchange)
        how.timeoutIntervalForResource = TimeInterval(OfficeCalls.exchange)
        #if canImport(Security)
            how.tlsMinimumSupportedProtocolVersion = .TLSv12
        #endif
        session = URLSession(configuration: how, delegate: answers, delegateQueue: nil)
    }

    deinit {
        session.invalidateAndCancel()
    }

    public func carry(_ request: Data, to office: OfficeAddress) async throws -> Data {
        try await calls.reply(from: office) { url, keys in
            #if !canImport(Security)
                if url.isEncrypted { throw LinkError.cannotPin }
            #endif
            guard let place = URL(string: "\(url.text)/sync") else { throw LinkError.badAddress(url.text) }
            var post = URLRequest(url: place)
            post.httpMethod = "POST"
            post.setValue("application/octet-stream", forHTTPHeaderField: "Content-Type")
            post.httpBody = request
            let task = session.dataTask(with: post)
            let waiting = answers.expect(task, keys)
            task.resume()
            // Cancelling the caller cuts the connection.
            return try await withTaskCancellationHandler {
                try await waiting.value(nil)
            } onCancel: {
                task.cancel()
            }
        }
    }
}

/// What comes in for each task.
private final class Answers: NSObject, URLSessionDataDelegate, Sendable {
    private struct Coming {
        let waiting: Waiting<OfficeCalls.Answer>
        let keys: Set<Data>
        var body = Data()
        var isTooLong = false
        var isOfAnotherKey = false
    }

    private let coming = Locked<[Int: Coming]>([:])

    func expect(_ task: URLSessionTask, _ keys: Set<Data>) -> Waiting<OfficeCalls.Answer> {
        let waiting = Waiting<OfficeCalls.Answer>()
        coming.with { $0[task.taskIdentifier] = Coming(waiting: waiting, keys: keys) }
        return waiting
    }

    func urlSession(_: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLong = coming.with { coming in
            coming[dataTask.taskIdentifier]?.body.append(data)
            guard let length = coming[dataTask.taskIdentifier]?.body.count, length > OfficeCalls.replyMax else {
                return false
            }
            coming[dataTask.taskIdentifier]?.isTooLong = true
            return true
        }
        if isTooLong { dataTask.cancel() }
    }

    func urlSession(
        _: URLSession, task _: URLSessionTask, willPerformHTTPRedirection _: HTTPURLResponse,
        newRequest _: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        // Nobody is followed elsewhere.
        completionHandler(nil)
    }

    func urlSession(_: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let came = coming.with({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
        let answer: OfficeCalls.Answer
        if came.isTooLong {
            answer = .tooLong
        } else if came.isOfAnotherKey {
            answer = .anotherKey("another key")
        } else if let error {
            answer = .nobody(error.localizedDescription)
        } else if let response = task.response as? HTTPURLResponse {
            let after = response.value(forHTTPHeaderField: "Retry-After").flatMap { Int($0) }
            answer = .response(status: response.statusCode, retryAfter: after, body: came.body)
        } else {
            answer = .nobody("no answer")
        }
        came.waiting.end(.success(answer))
    }

    #if canImport(Security)
        func urlSession(
            _: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
            completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
        ) {
            let space = challenge.protectionSpace
            guard space.authenticationMethod == NSURLAuthenticationMethodServerTrust, let trust = space.serverTrust
            else {
                completionHandler(.cancelAuthenticationChallenge, nil)
                return
            }
            let chain = SecTrustCopyCertificateChain(trust) as? [SecCertificate]
            let key = chain?.first.flatMap { PublicKey.info(ofCertificate: SecCertificateCopyData($0) as Data) }
            let hash = key.map { Data(SHA256.hash(data: $0)) }
            let isTheOffice = coming.with { coming in
                let keys = coming[task.taskIdentifier]?.keys ?? []
                let isTheOffice = hash.map(keys.contains) ?? false
                if !isTheOffice { coming[task.taskIdentifier]?.isOfAnotherKey = true }
                return isTheOffice
            }
            // That its holder has the key is proved by the handshake.
            completionHandler(
                isTheOffice ? .useCredential : .cancelAuthenticationChallenge,
                isTheOffice ? URLCredential(trust: trust) : nil
            )
        }
    #endif
}
