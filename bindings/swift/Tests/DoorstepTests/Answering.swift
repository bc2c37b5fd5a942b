// A server on this machine that answers what it is told to, over plain HTTP.

import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Answers requests with what stands first in its list, one a connection unless that is kept.
final class Answering: @unchecked Sendable {
    enum Answer {
        case response(Int, headers: [String: String] = [:], body: Data = Data())
        /// An empty reply, and the next request may come over the same connection.
        case kept
        /// The answer breaks off.
        case cut
        /// Nothing comes back, until it is told to answer.
        case never
    }

    struct Request {
        let head: String
        let body: Data
        /// Which one it came over: the first, the second.
        let connection: Int
    }

    let address: String
    private let listener: Int32
    private let lock = NSLock()
    private var answers: [Answer] = []
    private var heard: [Request] = []
    private var held: [Int32] = []

    var requests: [Request] { lock.withLock { heard } }

    init(_ answers: Answer...) throws {
        self.answers = answers
        let (listener, port) = try listening(16)
        self.listener = listener
        address = "http://127.0.0.1:\(port)"
        Thread.detachNewThread { [weak self] in
            // Closed by whoever accepts, and nobody else: the next server would get its number, and this
            // thread the next server's connections.
            defer { close(listener) }
            for number in 1... {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let self else { return _ = close(connection) }
                Thread.detachNewThread { self.serve(connection, number) }
            }
        }
    }

    /// Waits until it has heard a request.
    func hears() async throws {
        for _ in 0..<6_000 {
            if !requests.isEmpty { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Unexpected("no request came")
    }

    /// Answers what waits for nothing.
    func answer(_ status: Int, body: Data) {
        for connection in lock.withLock({ held }) { respond(connection, status, ["Connection": "close"], body) }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        lock.withLock { held.forEach { _ = close($0) } }
    }

    private func serve(_ connection: Int32, _ number: Int) {
        defer { close(connection) }
        while let request = read(connection, number) {
            let answer: Answer = lock.withLock {
                heard.append(request)
                return answers.isEmpty ? .cut : answers.removeFirst()
            }
            switch answer {
            case .response(let status, let headers, let body):
                respond(connection, status, headers.merging(["Connection": "close"]) { $1 }, body)
            case .kept:
                respond(connection, 200, [:], Data())
                continue
            case .cut:
                write(connection, Data("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf of it".utf8))
            case .never:
                return lock.withLock { held.append(dup(connection)) }
            }
            shutdown(connection, Int32(SHUT_WR))
            return
        }
    }

    private func respond(_ connection: Int32, _ status: Int, _ headers: [String: String], _ body: Data) {
        var head = "HTTP/1.1 \(status) X\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        write(connection, Data("\(head)\r\n".utf8) + body)
    }

    private func read(_ connection: Int32, _ number: Int) -> Request? {
        var all = Data()
        var portion = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &portion, portion.count, 0)
            guard count > 0 else { return nil }
            all.append(contentsOf: portion[..<count])
            guard let end = all.range(of: Data("\r\n\r\n".utf8)) else { continue }
            let head = String(decoding: all[..<end.lowerBound], as: UTF8.self)
            let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            let expected = length.flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
            let body = all[end.upperBound...]
            if body.count >= expected { return Request(head: head, body: Data(body), connection: number) }
        }
    }

    private func write(_ connection: Int32, _ bytes: Data) {
        bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = send(connection, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return }
                sent += count
            }
        }
    }
}

/// A server on this machine that nothing connects to: its queue is full, and it takes nobody out.
final class Unconnectable {
    let address: String
    private let listener: Int32
    private let waits: Int32

    init() throws {
        let (listener, port) = try listening(0)
        self.listener = listener
        address = "http://127.0.0.1:\(port)"
        waits = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard here(port, { connect(waits, $0, $1) }) == 0 else { throw Unexpected("the queue has no place: \(errno)") }
    }

    deinit {
        close(waits)
        close(listener)
    }
}

/// A socket that listens on this machine, and its port.
private func listening(_ queue: Int32) throws -> (Int32, UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var there = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let named = withUnsafeMutablePointer(to: &there) { there in
        there.withMemoryRebound(to: sockaddr.self, capacity: 1) { there in
            here(0) { bind(listener, $0, $1) } == 0 && listen(listener, queue) == 0
                && getsockname(listener, there, &length) == 0
        }
    }
    guard named else { throw Unexpected("nothing listens: \(errno)") }
    return (listener, UInt16(bigEndian: there.sin_port))
}

/// A call that is given an address of this machine.
private func here(_ port: UInt16, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var here = sockaddr_in()
    here.sin_family = sa_family_t(AF_INET)
    here.sin_addr.s_addr = inet_addr("127.0.0.1")
    here.sin_port = port.bigEndian
    return withUnsafePointer(to: &here) { here in
        here.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}
