import Doorstep
import DoorstepCurl
import Foundation
import XCTest

/// Who may answer over either link, and what becomes of each answer. What only TLS shows is in
/// `RealOfficeTests`.
final class LinkTests: XCTestCase {
    private let links: [@Sendable () -> any OfficeLink] = [{ URLSessionOfficeLink() }, { CurlOfficeLink() }]

    private func carry(_ link: any OfficeLink, _ addresses: [String], _ key: Data? = nil) async throws -> Data {
        let office = OfficeAddress(addresses: addresses, keysSha256: key.map { [$0] } ?? [])
        return try await link.carry(Data("hello".utf8), to: office)
    }

    private func failure(
        _ link: any OfficeLink, _ addresses: [String], _ key: Data? = nil, line: UInt = #line
    ) async throws -> LinkError {
        do {
            let reply = try await carry(link, addresses, key)
            throw Unexpected("a reply of \(reply.count) bytes, line \(line)")
        } catch let error as LinkError {
            return error
        }
    }

    func testTheOfficeGetsTheRequestAsItIs() async throws {
        for link in links {
            let office = try Answering(.response(200, body: Data("reply".utf8)))
            equal(try await carry(link(), ["\(office.address)/"]), Data("reply".utf8))
            let request = try only(office.requests)
            holds(request.head.hasPrefix("POST /sync HTTP/1.1\r\n"), request.head)
            holds(request.head.contains("Content-Type: application/octet-stream"), request.head)
            equal(request.body, Data("hello".utf8))
            office.stop()
        }
    }

    func testWhatIsNoReplySaysWhatItIs() async throws {
        let (busy, later) = (["Retry-After": "7"], ["Retry-After": "tomorrow"])
        let longest = longestReply
        for link in links {
            let office = try Answering(
                .response(503, headers: busy), .response(503, headers: later), .response(413), .response(500),
                .response(302, headers: ["Location": "http://192.0.2.1/"]),
                .response(200, body: Data(count: longest + 1)), .cut,
                .response(200, body: Data(repeating: 7, count: longest))
            )
            let link = link()
            let there = [office.address]
            equal(try await failure(link, there), .busy(retryAfter: .seconds(7)))
            equal(try await failure(link, there), .busy(retryAfter: .seconds(30)))
            let refused = try await failure(link, there)
            equal(refused, .status(413))
            holds(!refused.isRetryable)
            holds(try await failure(link, there).isRetryable)
            // Nobody is followed elsewhere.
            equal(try await failure(link, there), .status(302))
            equal(try await failure(link, there), .replyTooLong)
            equal(try await failure(link, there).code, "transport.not_reachable")
            // The longest reply is taken.
            equal(try await carry(link, there), Data(repeating: 7, count: longest))
            office.stop()
        }
    }

    func testAnOfficeThatMovedIsFoundAtItsNextAddressAndAskedThereFirst() async throws {
        for link in links {
            let office = try Answering(.response(200, body: Data("one".utf8)), .response(200, body: Data("two".utf8)))
            let link = link()
            let nobody = "http://127.0.0.1:9"
            equal(try await carry(link, [nobody, office.address]), Data("one".utf8))
            // Somebody else is at the old address by now.
            let other = try Answering(.response(200, body: Data("other".utf8)))
            equal(try await carry(link, [other.address, office.address]), Data("two".utf8))
            equal(other.requests.count, 0)
            office.stop()
            other.stop()
        }
    }

    func testAnAddressThatNothingConnectsToIsGivenUpAndTheNextOneAsked() async throws {
        let nobody = try Unconnectable()
        let office = try Answering(.response(200, body: Data("reply".utf8)))
        // The first address is too late at once, the second never.
        let tooLate = DispatchSemaphore(value: 0)
        tooLate.signal()
        let link = URLSessionOfficeLink { late in
            if tooLate.wait(timeout: .now()) == .success { late() }
        }
        equal(try await carry(link, [nobody.address, office.address]), Data("reply".utf8))
        let error = try await failure(URLSessionOfficeLink { $0() }, [nobody.address])
        holds(error.code == "transport.not_reachable" && error.en.contains("no connection"), error.en)
        office.stop()
    }

    func testAnOfficeThatIsConnectedIsNotGivenUpHoweverLongItThinks() async throws {
        let office = try Answering(.never)
        let (limits, limit) = AsyncStream<@Sendable () -> Void>.makeStream()
        let link = URLSessionOfficeLink { limit.yield($0) }
        let there = OfficeAddress(addresses: [office.address], keysSha256: [])
        let reply = Task { try await link.carry(Data(count: 1), to: there) }
        try await office.hears()
        for await late in limits {
            late()
            break
        }
        office.answer(200, body: Data("reply".utf8))
        equal(try await reply.value, Data("reply".utf8))
        office.stop()
    }

    func testAConnectionIsKeptForTheSameKeysAndNotForOthers() async throws {
        let office = try Answering(.kept, .kept, .kept)
        let link = URLSessionOfficeLink()
        for key: UInt8 in [0, 0, 1] { _ = try await carry(link, [office.address], Data(repeating: key, count: 32)) }
        equal(office.requests.map(\.connection), [1, 1, 2])
        office.stop()
    }

    func testNobodyAtAnyAddressIsNotReachable() async throws {
        for link in links {
            let error = try await failure(link(), ["http://127.0.0.1:9"])
            equal(error.code, "transport.not_reachable")
            holds(error.isRetryable && error.en.contains("127.0.0.1:9"))
            equal(try await failure(link(), []), .noAddress)
            equal(try await failure(link(), ["https://127.0.0.1:9"]), .noKey)
        }
    }

    func testPlainHTTPGoesToThisMachineOnly() async throws {
        let away = [
            "http://192.0.2.1", "http://office.example", "http://localhost.example", "http://127.0.0.1.example",
            "http://0.0.0.0:8080", "http://[::ffff:10.0.0.1]:80", "ftp://127.0.0.1", "127.0.0.1:80", "", "https://",
            "https://a.example/else", "https://a.example/?x=1", "https://name:word@a.example", "https://a b",
            "https://a:port", "https://a:0", "https://a:84433", "http://0127.0.0.1:8080", "http://127.-0.0.1",
        ]
        for address in away {
            equal(try await failure(CurlOfficeLink(), [address]), .badAddress(address))
        }
        for address in ["http://localhost:1", "http://127.7.7.7", "http://[::1]:80/"] {
            holds(!(try OfficeUrl(address).isEncrypted))
        }
        holds(try OfficeUrl("https://office.example:8443").isEncrypted)
    }

    #if !canImport(Security)
        func testWhereFoundationDoesNotTellTheKeyNothingIsSentOverTLS() async throws {
            equal(
                try await failure(URLSessionOfficeLink(), ["https://127.0.0.1:9"], Data(count: 32)), .cannotPin
            )
        }
    #endif

    func testCancellingEndsItAtOnce() async throws {
        for link in links {
            let office = try Answering(.never)
            let began = Date()
            let caller = Task { [address = office.address] in
                let office = OfficeAddress(addresses: [address], keysSha256: [])
                return try await link().carry(Data(count: 1), to: office)
            }
            try await office.hears()
            caller.cancel()
            guard case .failure(let error) = await caller.result, error is CancellationError else {
                throw Unexpected("it was not cancelled")
            }
            holds(Date().timeIntervalSince(began) < 30)
            office.stop()
        }
    }

    func testEveryErrorHasItsWordsInBothLanguages() {
        let all: [LinkError] = [
            .noAddress, .badAddress("x"), .noKey, .wrongKey("x"), .notReachable("x"), .busy(retryAfter: .seconds(7)),
            .status(413), .replyTooLong, .cannotPin,
        ]
        equal(Set(all.map(\.code)).count, all.count)
        for error in all { holds(!error.zh.isEmpty && !error.en.isEmpty && error.zh != error.en) }
        holds(LinkError.busy(retryAfter: .seconds(7)).zh.contains("7"))
    }
}

/// The longest message of the wire format, bytes.
private let longestReply = 4 * 1024 * 1024
