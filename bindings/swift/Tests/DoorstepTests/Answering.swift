// A server on this machine that answers what it is told to, over plain HTTP.

import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Answers one request a connection, with what stands first in its list.
final class Answering: @unchecked Sendable {
    enum Answer {
        case response(Int, headers: [String: String] = [:], body: Data = Data())
        /// The answer breaks off.
        case cut
        /// Nothing comes back.
        case never
    }

    struct Request {
        let head: String
        let body: Data
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
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var here = sockaddr_in()
        here.sin_family = sa_family_t(AF_INET)
        here.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &here) { here in
            here.withMemoryRebound(to: sockaddr.self, capacity: 1) { here in
                bind(listener, here, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, here, &length) == 0
            }
        }
        guard bound else { throw Unexpected("nothing listens: \(errno)") }
        self.listener = listener
        address = "http://127.0.0.1:\(UInt16(bigEndian: here.sin_port))"
        Thread.detachNewThread { [weak self] in
            // Closed by whoever accepts, and nobody else: the next server would get its number, and this
            // thread the next server's connections.
            defer { close(listener) }
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let self else { return _ = close(connection) }
                self.serve(connection)
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

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        lock.withLock { held.forEach { _ = close($0) } }
    }

    private func serve(_ connection: Int32) {
        guard let request = read(connection) else { return _ = close(connection) }
        let answer: Answer = lock.withLock {
            heard.append(request)
            return answers.isEmpty ? .cut : answers.removeFirst()
        }
        switch answer {
        case .response(let status, let headers, let body):
            var head = "HTTP/1.1 \(status) X\r\nContent-Length: \(body.count)\r\nConnection: close\r\n"
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            write(connection, Data("\(head)\r\n".utf8) + body)
        case .cut:
            write(connection, Data("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf of it".utf8))
        case .never:
            return lock.withLock { held.append(connection) }
        }
        shutdown(connection, Int32(SHUT_WR))
        close(connection)
    }

    private func read(_ connection: Int32) -> Request? {
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
            if body.count >= expected { return Request(head: head, body: Data(body)) }
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
