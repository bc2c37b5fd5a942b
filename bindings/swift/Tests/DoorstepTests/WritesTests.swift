import DoorstepGenerated
import DoorstepTestkit
import Foundation
import XCTest

@testable import Doorstep

private let pairs = 1_000

/// Where calls run: the order of writes, cancelling, streams, budgets.
final class WritesTests: StreetCase {
    func testAThousandPairsThatNobodyAwaitsLandInTheOrderOfTheCalls() async throws {
        let phone = try await phone()
        for one in await Self.calls(phone, round, places.bottles) { _ = try await one.value }
        for door in 0..<24 {
            let notes = try await phone.asset(places.bottles[door]).history.reversed().map(\.note)
            equal(notes, stride(from: door, to: pairs, by: 24).flatMap { [nil, "\($0)"] })
        }
    }

    /// Called as an app's buttons call: on the main actor, one after the other, and nobody waits.
    @MainActor
    private static func calls(_ phone: Doorstep, _ round: Round, _ bottles: [AssetId]) -> [Task<EntryId, any Error>] {
        let low = Seen.faults(codes: ["pressure_low"])
        return (0..<pairs).flatMap { pair in
            let bottle = bottles[pair % 24]
            return [
                Task { try await phone.check(round, NewLook(asset: bottle, seen: .normal)) },
                Task { try await phone.check(round, NewLook(asset: bottle, seen: low, note: "\(pair)")) },
            ]
        }
    }

    func testAWriteWhoseCallerIsCancelledAtOnceIsOnTheDisk() async throws {
        let folder = try folder()
        let phone = try blank(1, folder)
        let busy = await Busy(phone)
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await phone.setDraft("where", "三楼")
        }
        // The waiting ends although the write has not begun.
        wasCancelled(await caller.result)
        try await busy.end()
        try await phone.close()
        equal(try await blank(1, folder).draft("where"), "三楼")
    }

    func testTheTapOfACancelledWriteTellsWhetherItIsWritten() async throws {
        let phone = try await phone()
        let busy = await Busy(phone)
        let (round, look, tap) = (round, look(), request(5))
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await phone.check(round, look, tap: tap)
        }
        wasCancelled(await caller.result)
        try await busy.end()
        let again = try await phone.check(round, look, tap: tap)
        equal(try await phone.asset(places.bottles[0]).history.map(\.check), [again])
        equal(try await phone.counters().onlyHere, 1)
    }

    func testAReadWhoseCallerIsCancelledEnds() async throws {
        let phone = try await phone()
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await phone.today()
        }
        wasCancelled(await caller.result)
    }

    func testTheStreamOfChangesBeginsWithWhatIsAndEndsWithTheReplica() async throws {
        let phone = try await phone()
        let before = try await phone.change()
        let (heard, listening) = AsyncStream<UInt64>.makeStream()
        let listener = Task {
            for await change in phone.changes() { listening.yield(change) }
            listening.finish()
        }
        var numbers = heard.makeAsyncIterator()
        equal(await numbers.next(), before)
        try await phone.check(round, look())
        equal(await numbers.next(), before + 1)
        try await phone.close()
        equal(await numbers.next(), nil)
        await listener.value
        var closed = phone.changes().makeAsyncIterator()
        equal(await closed.next(), nil)
    }

    func testTheStreamOfChangesEndsWhenWhoeverFollowsItIsCancelled() async throws {
        let before = liveObjects()
        let phone = try await phone()
        let (begun, began) = AsyncStream<Void>.makeStream()
        let listener = Task {
            var count = 0
            for await _ in phone.changes() {
                count += 1
                began.yield()
            }
            return count
        }
        for await _ in begun { break }
        holds(liveObjects() > before + 1)
        listener.cancel()
        equal(await listener.value, 1)
        // Its object in the library is freed, although the replica lives.
        try await eventually { liveObjects() == before + 1 }
        // Dropping a stream ends it too.
        _ = phone.changes()
        try await eventually { liveObjects() == before + 1 }
    }

    func testTheLogIsFollowedUntilTheReplicaIsClosed() async throws {
        let phone = try await phone()
        try await phone.setLogLevel(.debug)
        _ = try await phone.takeLog()
        let (heard, listening) = AsyncStream<LogLine>.makeStream()
        let listener = Task {
            for await line in phone.log(every: .milliseconds(5)) { listening.yield(line) }
            listening.finish()
        }
        try await thrown(.refused) { try await phone.enrol("nonsense") }
        var lines = heard.makeAsyncIterator()
        let line = try some(await lines.next())
        equal(line.level, .debug)
        holds(line.text.contains("enrol.unreadable"), line.text)
        try await phone.close()
        await listener.value
        equal(await lines.next(), nil)
    }

    func testAPauseEndsNeitherStream() async throws {
        let phone = try await phone()
        try await phone.setLogLevel(.debug)
        _ = try await phone.takeLog()
        var changes = phone.changes().makeAsyncIterator()
        var lines = phone.log(every: .milliseconds(5)).makeAsyncIterator()
        let before = try some(await changes.next())
        try await phone.pause()
        try await thrown(.closed) { try await phone.today() }
        let line = try some(await lines.next())
        holds(line.text.contains("call.closed"), line.text)
        try await phone.resume()
        try await phone.check(round, look())
        equal(await changes.next(), before + 1)
        try await thrown(.refused) { try await phone.enrol("nonsense") }
        holds(try some(await lines.next()).text.contains("enrol.unreadable"))
    }

    func testNoCallBlocksTheThreadsOfTasks() async throws {
        let phone = try await phone()
        let gate = DispatchSemaphore(value: 0)
        let wait: @Sendable (Core) -> Bool = { _ in gate.wait(timeout: .now() + 60) == .success }
        // More calls under way than the pool has threads, and they wait for a task that needs one.
        let count = 4 * ProcessInfo.processInfo.activeProcessorCount
        var calls = (0..<count).map { _ in Task { try await phone.work.read(nil, wait) } }
        calls.append(Task { try await phone.work.write(nil, wait) })
        let opener = Task {
            for _ in 0...count { gate.signal() }
        }
        await opener.value
        for call in calls { holds(try await call.value) }
    }

    func testAnExchangeIsCancelledBetweenItsStepsAndGoesOnLater() async throws {
        let phone = try await phone()
        try await phone.check(round, look())
        let never = Never()
        let exchange = Task { try await SyncRunner(phone, never).run() }
        for await _ in never.reached { break }
        exchange.cancel()
        wasCancelled(await exchange.result)
        equal(try await sync(phone).confirmed, 1)
        equal(try await phone.counters().onlyHere, 0)
    }

    func testARunWhoseTimeIsUpSaysHowFarItCameAndTheNextGoesOn() async throws {
        let phone = try await phone()
        try await phone.check(round, look())
        let spent = try await SyncRunner(phone, Never()).run(SyncBudget(time: .milliseconds(50)))
        equal(spent, .spent(SyncProgress(roundTrips: 0, bytes: 0)))
        let well = try await SyncRunner(phone, street.link).run(SyncBudget(time: .seconds(60)))
        guard case .done(let summary) = well else { throw Unexpected("\(well)") }
        equal(summary.confirmed, 1)
    }

    func testARunWithinFewBytesGetsOnEachTimeUntilNothingIsLeft() async throws {
        let phone = try await phone()
        // More than one request holds, and nothing that packs well.
        for _ in 0..<4 {
            for door in 0..<24 {
                let note = (0..<900).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0x4E00..<0x9C20)) }
                try await phone.check(round, look(door, .normal, String(String.UnicodeScalarView(note))))
            }
        }
        let told = Told()
        var runs = 0
        while case .spent = try await SyncRunner(phone, street.link).run(SyncBudget(bytes: 1), told: told.add) {
            runs += 1
            holds(runs < 100)
        }
        holds(runs > 0)
        equal(try await phone.counters().onlyHere, 0)
        holds(told.all.allSatisfy { (1...2).contains($0.roundTrips) && $0.bytes > 0 })
    }

    func testARunWithinFewBytesGetsOnAlthoughTheClockIsInDoubt() async throws {
        // By the clock of this machine, which is nowhere near the office's.
        let phone = try await Doorstep.open(try folder(), key: nil, marker: Data("clock".utf8))
        try await phone.enrol(street.invitation())
        let runner = SyncRunner(phone, street.link)
        try await runner.run()
        for door in 0..<24 { try await phone.check(round, look(door)) }
        var runs = 0
        while case .spent = try await runner.run(SyncBudget(bytes: 1)) {
            runs += 1
            guard runs < 100 else { throw Unexpected("it does not get on") }
        }
        equal(try await phone.counters().onlyHere, 0)
        try await phone.close()
    }

    func testErrorsComeToWhoeverWaitsAndTheQueueGoesOn() async throws {
        let phone = try await phone()
        try await thrown(.notFound) { try await phone.asset(AssetId("AAAAAAAAAAAAAAAA")!) }
        try await thrown(.refused) { try await phone.undoLast() }
        try await phone.check(round, look())
    }

    /// Waits until it holds, without a number of tries that a busy machine could need more of.
    private func eventually(_ claim: () -> Bool) async throws {
        let until = Date().addingTimeInterval(30)
        while !claim() {
            guard Date() < until else { throw Unexpected("it never held: \(liveObjects()) objects") }
            await Task.yield()
        }
    }

    private func wasCancelled<T>(
        _ ended: Result<T, any Error>, file: StaticString = #filePath, line: UInt = #line
    ) {
        guard case .failure(let error) = ended, error is CancellationError else {
            return XCTFail("it was not cancelled: \(ended)", file: file, line: line)
        }
    }
}

/// A queue in which something stands until it is ended.
private struct Busy {
    private let gate = DispatchSemaphore(value: 0)
    private let standing: Task<Void, any Error>

    /// Returns once it stands there.
    init(_ phone: Doorstep) async {
        let (begun, begin) = AsyncStream<Void>.makeStream()
        standing = Task { [gate] in
            try await phone.work.write(nil) { _ in
                begin.yield()
                gate.wait()
            }
        }
        for await _ in begun { break }
    }

    func end() async throws {
        gate.signal()
        try await standing.value
    }
}

/// A link on which nothing ever comes back.
private final class Never: OfficeLink {
    let reached: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init() {
        (reached, arrived) = AsyncStream<Void>.makeStream()
    }

    func carry(_: Data, to _: OfficeAddress) async throws -> Data {
        arrived.yield()
        try await Task.sleep(for: .seconds(86_400))
        return Data()
    }
}

/// What a run told.
private final class Told: @unchecked Sendable {
    private let lock = NSLock()
    private var told: [SyncProgress] = []

    var all: [SyncProgress] { lock.withLock { told } }

    @Sendable func add(_ progress: SyncProgress) {
        lock.withLock { told.append(progress) }
    }
}
