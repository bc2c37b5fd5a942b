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
/// answered is asked first from then on; one that nothing connects to is given up after 15 s.
///
/// On Linux `https` throws ``LinkError/cannotPin``, before anything is sent: its `URLSession` does not tell
/// whose key answers. `CurlOfficeLink` of the target `DoorstepCurl` checks the key there.
public final class URLSessionOfficeLink: OfficeLink {
    /// Does something when a connection has taken too long.
    package typealias Limit = @Sendable (@escaping @Sendable () -> Void) -> Void

    /// Connections that one set of keys has opened.
    private struct Pinned {
        let answers: Answers
        let session: URLSession
    }

    private let calls = OfficeCalls()
    private let limit: Limit
    private let pinned = Locked<Pinned?>(nil)

    /// A link with connections of its own: without proxies, redirects, cookies and caches.
    public convenience init() {
        self.init { late in
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(OfficeCalls.connect), execute: late)
        }
    }

    /// The same with another limit for connecting: `URLSession` has none of its own, but for the whole
    /// exchange.
    package init(limit: @escaping Limit) {
        self.limit = limit
    }

    deinit {
        pinned.with { $0?.session.invalidateAndCancel() }
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
            let (task, waiting) = begun(post, keys)
            // Cancelling the caller cuts the connection.
            return try await withTaskCancellationHandler {
                try await waiting.value(nil)
            } onCancel: {
                task.cancel()
            }
        }
    }

    /// A request on its way, and what comes of it.
    private func begun(_ post: URLRequest, _ keys: Set<Data>) -> (URLSessionTask, Waiting<OfficeCalls.Answer>) {
        // A session that was ended takes no task, so nobody ends it meanwhile.
        let (answers, task, waiting) = pinned.with { pinned in
            let now = session(pinned, keys)
            pinned = now
            let task = now.session.dataTask(with: post)
            let waiting = now.answers.expect(task)
            task.resume()
            return (now.answers, task, waiting)
        }
        limit { [weak task] in
            if let task { answers.giveUp(task) }
        }
        return (task, waiting)
    }

    /// The session of these keys. Others have a new one: a connection that is kept is not asked for its key
    /// again, and a key may have been withdrawn.
    private func session(_ pinned: Pinned?, _ keys: Set<Data>) -> Pinned {
        if let pinned, pinned.answers.keys == keys { return pinned }
        pinned?.session.finishTasksAndInvalidate()
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
        let answers = Answers(keys)
        return Pinned(
            answers: answers, session: URLSession(configuration: how, delegate: answers, delegateQueue: nil)
        )
    }
}

/// What comes in for each task of a session.
private final class Answers: NSObject, URLSessionDataDelegate, Sendable {
    private struct Coming {
        let waiting: Waiting<OfficeCalls.Answer>
        var body = Data()
        var isConnected = false
        /// Why it was cut.
        var cut: OfficeCalls.Answer?
    }

    let keys: Set<Data>
    private let coming = Locked<[Int: Coming]>([:])

    init(_ keys: Set<Data>) {
        self.keys = keys
    }

    func expect(_ task: URLSessionTask) -> Waiting<OfficeCalls.Answer> {
        let waiting = Waiting<OfficeCalls.Answer>()
        coming.with { $0[task.taskIdentifier] = Coming(waiting: waiting) }
        return waiting
    }

    /// Nobody is there, unless there is any sign of a connection.
    func giveUp(_ task: URLSessionTask) {
        cut(task, .nobody("no connection")) {
            !$0.isConnected && task.countOfBytesSent == 0 && task.response == nil
        }
    }

    func urlSession(_: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        cut(dataTask, .tooLong) {
            $0.body.append(data)
            return $0.body.count > OfficeCalls.replyMax
        }
    }

    /// Cuts a connection where what has come in is reason to.
    private func cut(_ task: URLSessionTask, _ answer: OfficeCalls.Answer, _ isReason: (inout Coming) -> Bool) {
        let isCut = coming.with { coming in
            guard let at = coming.index(forKey: task.taskIdentifier), isReason(&coming.values[at]) else { return false }
            coming.values[at].cut = answer
            return true
        }
        if isCut { task.cancel() }
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
        if let cut = came.cut {
            answer = cut
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
            let isTheOffice = hash.map(keys.contains) ?? false
            coming.with { coming in
                coming[task.taskIdentifier]?.isConnected = true
                if !isTheOffice { coming[task.taskIdentifier]?.cut = .anotherKey("another key") }
            }
            // That its holder has the key is proved by the handshake.
            completionHandler(
                isTheOffice ? .useCredential : .cancelAuthenticationChallenge,
                isTheOffice ? URLCredential(trust: trust) : nil
            )
        }
    #endif
}
