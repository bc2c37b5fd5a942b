import DoorstepTestkit
import Foundation
import XCTest

/// Opening, wrong use and hard use; drafts, log, diagnosis; the end.
final class LifeTests: StreetCase {
    func testBeforeEnrolmentThereIsNobody() async throws {
        let phone = try blank()
        equal(try await phone.enrolled(), nil)
        try await thrown(.notEnrolled, "call.not_enrolled") { try await phone.counters() }
        try await thrown(.refused, "enrol.unreadable") { try await phone.enrol("nonsense") }
    }

    func testWhoeverIsEnrolledHasARoleAndAnArea() async throws {
        let phone = try await phone(1, .clerk)
        let enrolled = try some(try await phone.enrolled())
        equal(enrolled.role, .clerk)
        equal(enrolled.area, places.committee)
        equal(enrolled.expires, hours(24 * 365))
        equal(enrolled.author.bytes.count, 4)
        // Names come from the street's seed.
        equal(enrolled.persons, [PersonId("pYVtYAAAAADGfKTl")!])
    }

    func testAnotherAreasFeedCanBeHeldToo() async throws {
        let phone = try await phone()
        try await phone.subscribe(places.committees[1])
        equal(try await phone.areas(), Array(places.committees.prefix(2)))
        let missing = try await thrown(.notFound) { try await phone.cases(AreaId("999999")!) }
        holds(missing.en.contains("999999") && missing.zh.contains("999999"))
    }

    func testAnHourAsleepBetweenTwoDoorsIsAnHour() async throws {
        let phone = try await phone()
        try await phone.check(round, look(0))
        try street.clock.advance(seconds: 3_600)
        equal(try await phone.now(), hours(1))
        try await phone.check(round, look(1))
        // Somebody sets the wall clock a day ahead: what is stamped does not jump.
        try street.clock.set(now: hours(24))
        equal(try street.clock.now(), hours(24))
        try await phone.check(round, look(2))
        var times: [Date?] = []
        for bottle in places.bottles.prefix(3) { times.append(try await phone.asset(bottle).asset.checkedAt) }
        equal(times, [evening, hours(1), hours(1)])
    }

    func testTimeAsleepIsTimeBetweenTwoLooksThatDisagree() async throws {
        let (one, other, clerk) = (try await phone(1), try await phone(2), try await phone(3, .clerk))
        try await one.check(round, [look(0), look(1)])
        // Within an hour two looks that differ are a dispute; a second later the second one counts.
        try street.clock.advance(seconds: 3_600)
        try await other.check(round, look(0, .missing))
        try street.clock.advance(seconds: 1)
        try await other.check(round, look(1, .missing))
        for phone in [one, other, clerk] { try await sync(phone) }
        let dispute = try only(try await clerk.disputes(places.committee).rows)
        equal(dispute.asset, places.bottles[0])
        equal(dispute.checks.map(\.at), [evening, hours(1)])
    }

    func testDraftsOutliveTheProcessAndAreNeverSent() async throws {
        let folder = try folder()
        let first = try blank(1, folder)
        try await first.setDraft("form:204", "没")
        try await first.setDraft("form:204", "没人")
        try await first.setDraft("page", "3号楼")
        try await first.close()
        let phone = try blank(1, folder)
        equal(try await phone.draft("form:204"), "没人")
        equal(try await phone.draftKeys("form:"), ["form:204"])
        equal(try await phone.draftKeys().count, 2)
        try await phone.removeDraft("form:204")
        equal(try await phone.draft("form:204"), nil)
        try await thrown(.refused, "draft.too_long") {
            try await phone.setDraft("page", String(repeating: "x", count: 10_000_000))
        }
        equal(try await phone.draft("page"), "3号楼")
    }

    func testAPausedReplicaAnswersNobodyUntilItResumesAndAClosedOneNever() async throws {
        let phone = try await phone()
        try await phone.pause()
        try await thrown(.closed) { try await phone.today() }
        try await phone.resume()
        equal(try await phone.today().count, 1)
        try await phone.close()
        try await phone.close()
        try await thrown(.closed, "call.closed") { try await phone.check(round, look()) }
        let closed = try await thrown(.closed, "call.closed") { try await phone.today() }
        holds(!closed.zh.isEmpty && !closed.en.isEmpty && closed.zh != closed.en)
        holds(!closed.isRetryable)
        holds("\(closed)".contains("call.closed"))
        equal(closed.errorDescription == closed.zh || closed.errorDescription == closed.en, true)
    }

    func testAThreadCanWaitForAChangeToo() throws {
        let core = try openForTest(folder: nil, key: nil, marker: Data("m".utf8), clock: street.clock, seed: 3)
        let before = try core.change()
        equal(try core.nextChange(after: before, atMostMs: 1), before)
        try core.shutdown()
        equal(try core.nextChange(after: before, atMostMs: 60_000), nil)
    }

    func testLogAndDiagnosisTellStatesAndNobody() async throws {
        let phone = try await phone()
        try await phone.setLogLevel(.debug)
        try await phone.note(.place(id: places.doors[0]), "王阿婆不在家")
        try await thrown(.refused) { try await phone.enrol("王阿婆") }
        let diagnosis = try await phone.diagnosis()
        holds(diagnosis.contains("\"only_here\":1") && diagnosis.contains("enrol"), diagnosis)
        holds(!diagnosis.contains("王阿婆"))
        let log = try await phone.takeLog()
        equal(log.lost, 0)
        holds(log.lines.allSatisfy { $0.at == evening })
        let last = try some(log.lines.last)
        equal(last.level, .debug)
        holds(last.text.contains("enrol.unreadable"))
        equal(try await phone.takeLog().lines, [])
    }

    func testTheLogTellsAsMuchAsIsAsked() async throws {
        let phone = try await phone()
        for (level, count) in [(LogLevel.error, 0), (.warn, 1), (.info, 1), (.debug, 2)] {
            try await phone.setLogLevel(level)
            try await thrown(.refused) { try await phone.enrol("nonsense") }
            try await thrown(.badArgument) {
                try await phone.visit(places.doors[0], round, NewVisit(outcome: .other(code: 9)))
            }
            equal(try await phone.takeLog().lines.count, count)
        }
    }

    func testAFaultInsideIsAnErrorAndNotTheEnd() async throws {
        do {
            try panicInACall()
            XCTFail("it came through")
        } catch CoreError.Broken(let problem) {
            equal(problem.code, "call.broke")
        }
        let phone = try await phone()
        equal(try await phone.today().count, 1)
    }

    // MARK: Wrong use

    func testAKeyOf31BytesIsRefused() async throws {
        let folder = try folder()
        let short = try await thrown(.badArgument, "call.key_length") {
            try await Doorstep.open(folder, key: Data(count: 31), marker: Data())
        }
        equal(short.details, ["length": "31"])
        holds(short.zh.contains("31"))
    }

    func testAKeyIsRefusedByABuildThatCannotEncrypt() async throws {
        let folder = try folder()
        try await thrown(.store, "store.key_mismatch") {
            try await Doorstep.open(folder, key: Data(count: 32), marker: Data())
        }
    }

    func testASecondOpeningOfTheSameFolderIsRefusedUntilTheFirstIsClosed() async throws {
        let folder = try folder()
        let first = try await Doorstep.open(folder, key: nil, marker: Data("m".utf8))
        let second = try await thrown(.store, "store.in_use") {
            try await Doorstep.open(folder, key: nil, marker: Data("m".utf8))
        }
        holds(second.isRetryable)
        try await first.close()
        try await Doorstep.open(folder, key: nil, marker: Data("m".utf8)).close()
    }

    func testAFileThatIsNoDatabaseStaysAsItIs() async throws {
        let folder = try folder()
        let file = folder.appendingPathComponent("doorstep.db")
        let bytes = Data(String(repeating: "no database at all", count: 500).utf8)
        try bytes.write(to: file)
        try await thrown(.store) { try await Doorstep.open(folder, key: nil, marker: Data("m".utf8)) }
        equal(try Data(contentsOf: file), bytes)
    }

    func testANoteOverItsLimitStaysWithTheCaller() async throws {
        let phone = try await phone()
        for length in [1_001, 10_000_000] {
            let text = String(repeating: "楼", count: length)
            let long = try await thrown(.refused, "text.too_long") {
                try await phone.note(.place(id: places.doors[0]), text)
            }
            equal(long.details["most"], "1000")
        }
        equal(try await phone.counters().onlyHere, 0)
    }

    func testNothingOfTheCoreIsLeftBehind() async throws {
        let before = liveObjects()
        // What is closed lets go of the core, also where somebody still holds it.
        var closed: [Doorstep] = []
        for seed in 0..<20 {
            let phone = try await street.phone(seed: 100 + UInt64(seed))
            _ = try await phone.talk().step()
            _ = try await phone.exchange().step()
            for await _ in phone.changes() { break }
            try await phone.close()
            closed.append(phone)
        }
        // The tasks of streams end by themselves.
        let until = Date().addingTimeInterval(30)
        while liveObjects() != before, Date() < until { await Task.yield() }
        equal(liveObjects(), before)
        withExtendedLifetime(closed) {}
    }

    // MARK: Hard use

    func testEmojiAndRareHanziComeBackByteForByte() async throws {
        let text = "🧯𠮷野家👨‍👩‍👧‍👦 𪚥 e\u{301}"
        equal(Array(try some(try await written(text)).utf8), Array(text.utf8))
    }

    func testHalfASurrogateIsReplaced() async throws {
        // What a text of Foundation's can hold, and one of Swift's cannot.
        let half = NSString(characters: [0x697C, 0xD83E, 0x9053], length: 3)
        equal(try await written(half as String), "楼\u{FFFD}道")
    }

    func testNulIsLeftOut() async throws {
        equal(try await written("楼\0道"), "楼道")
    }

    private func written(_ text: String) async throws -> String? {
        let phone = try await phone(50)
        try await phone.check(round, look(0, .normal, text))
        return try await phone.asset(places.bottles[0]).history[0].note
    }
}
