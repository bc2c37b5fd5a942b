import DoorstepTestkit
import Foundation
import XCTest

/// Handing on: the office over a link that loses, other phones, files, rescue; what only offices say.
final class HandingOnTests: StreetCase {
    func testALinkThatLosesEveryThirdMessageDelaysAndLosesNothing() async throws {
        let (phone, other) = (try await phone(1), try await phone(2))
        let link = try street.losingLink(33, seed: 5)
        for door in 0..<24 {
            try await phone.check(round, look(door))
            do {
                try await SyncRunner(phone, link).run()
            } catch LinkError.notReachable {
                continue
            }
        }
        let summary = try await sync(phone)
        let counters = try await phone.counters()
        equal([counters.onlyHere, counters.received], [0, 24])
        equal(summary.limited, nil)
        equal(summary.notices, [])
        holds(summary.roundTrips > 0 && summary.bytesSent > 0 && summary.bytesReceived > 0)
        holds(try await sync(other).received > 0)
        let area = places.committee
        equal(try await phone.checksum(area), try street.office.checksum(area: area))
        equal(try await other.checksum(area), try street.office.checksum(area: area))
    }

    func testOwnSegmentsAreConfirmed() async throws {
        let phone = try await phone()
        try await phone.check(round, look())
        try await phone.seal()
        equal(try await sync(phone).confirmed, 1)
    }

    func testAReplyThatIsNotTheOfficesWordIsNotTaken() async throws {
        let phone = try await phone()
        try await phone.check(round, look())
        try await thrown(.peer, "sync.unreadable") { try await SyncRunner(phone, Impostor()).run() }
        equal(try await phone.counters().onlyHere, 1)
        try await sync(phone)
        equal(try await phone.counters().onlyHere, 0)
    }

    func testWhereTheOfficeIsAndWhichKeysItMayHave() async throws {
        let phone = try await phone()
        let address = try await phone.officeAddress()
        equal(address.addresses, ["http://127.0.0.1:8080"])
        equal(address.keysSha256, [])
        let keys = (1...3).map { Data(repeating: $0, count: 32) }
        for known in [[0], [1, 0], [2, 1]] {
            try street.office.announceKey(sha256: keys[known[0]])
            try await sync(phone)
            equal(try await phone.officeAddress().keysSha256, known.map { keys[$0] })
        }
    }

    func testTwoPhonesWithoutANetworkKnowTheSameAfterwards() async throws {
        let (one, other) = (try await phone(1), try await phone(2))
        try await one.check(round, look(0))
        try await other.check(round, look(1, .missing))
        let (a, b) = (try await one.talk(), try await other.talk())
        var said = try await a.step()
        var heard = try await b.step(said.send)
        while !(said.done && heard.done), said.send != nil || heard.send != nil {
            said = try await a.step(heard.send)
            heard = try await b.step(said.send)
        }
        holds(said.done && heard.done)
        equal([said.summary.given, said.summary.taken], [heard.summary.taken, heard.summary.given])
        holds(said.summary.given > 0)
        equal([said.summary.aside, said.summary.refused], [0, 0])
        for bottle in places.bottles.prefix(2) {
            let seen = try await one.asset(bottle).asset.result
            holds(seen != nil)
            equal(seen, try await other.asset(bottle).asset.result)
        }
        // Told by the other phone, not by the office yet.
        equal(try await one.provisionalAuthors(), [try some(try await other.enrolled()).author])
    }

    func testAFileTakesWhatNobodyConfirmedToTheOffice() async throws {
        let phone = try await phone()
        try await phone.check(round, look())
        holds(try street.office.takeBundle(file: try await phone.exportBundle()) > 0)
        try await sync(phone)
        equal(try await phone.counters().onlyHere, 0)
    }

    func testWhatIsInADatabaseThatCannotBeOpenedIsRescued() async throws {
        let folder = try folder()
        let phone = try await street.phone(seed: 1, folder: folder)
        try await phone.check(round, look())
        try await phone.close()
        let file = folder.appendingPathComponent("doorstep.db")
        // The number of the schema, of a version that is not yet: byte 60 of a SQLite file.
        let handle = try FileHandle(forWritingTo: file)
        try handle.seek(toOffset: 60)
        try handle.write(contentsOf: Data([0, 0, 0x27, 0x0F]))
        try handle.close()
        let before = try Data(contentsOf: file)
        try await thrown(.store, "store.newer") {
            try await Doorstep.open(folder, key: nil, marker: Data("phone 1".utf8))
        }
        let out = folder.appendingPathComponent("rescued.bundle")
        let found = try await Doorstep.rescue(folder, key: nil, to: out)
        equal([found.unsigned, found.unreadable], [0, 0])
        equal(found.segments + found.signed, try street.office.takeBundle(file: try Data(contentsOf: out)))
        holds(found.segments + found.signed > 0)
        equal(try Data(contentsOf: file), before)
    }

    func testARestoredFolderGoesOnAsANewAuthor() async throws {
        let folder = try folder()
        let (home, copy) = (folder.appendingPathComponent("home"), folder.appendingPathComponent("copy"))
        let phone = try await street.phone(seed: 1, folder: home)
        try await phone.check(round, look(0))
        let before = try some(try await phone.enrolled())
        try await phone.close()
        try FileManager.default.copyItem(at: home, to: copy)
        // Another phone: its marker is another.
        let restored = try blank(2, copy)
        try await restored.check(round, look(1))
        try await sync(restored)
        let after = try some(try await restored.enrolled())
        holds(before.author != after.author)
        equal(before.persons, after.persons)
        equal(try await restored.counters().onlyHere, 0)
    }

    func testEveryRoleIsGranted() async throws {
        let roles: [Role] = [.volunteer, .clerk, .station, .street, .department, .fireBody, .auditor]
        for (seed, role) in roles.enumerated() {
            let phone = try blank(UInt64(seed))
            try await phone.enrol(street.invitation(role: role))
            equal(try some(try await phone.enrolled()).role, role)
        }
        do {
            _ = try street.invitation(role: .other(code: 99))
            XCTFail("a role of a later version was granted")
        } catch CoreError.BadArgument(let problem) {
            equal(problem.code, "call.bad_value")
        }
    }

    func testWhatOnlyAnOfficeOrALaterVersionSays() throws {
        let sample = try sample()
        let states: [CaseState] = [
            .nothing, .found, .registered, .merged, .fixedOnSpot, .dispatched, .accepted, .returned, .rectifying,
            .reported, .recheckPassed, .recheckFailed, .closed, .parked, .handedOver, .relapsed,
            .other(name: "moonlit"),
        ]
        equal(sample.states, states)
        equal(sample.event, .other(name: "moonlit"))
        equal(sample.role, .other(code: 99))
        let summary = sample.summary
        equal([summary.confirmed, summary.received, UInt64(summary.roundTrips)], [1, 2, 3])
        equal([summary.bytesSent, summary.bytesReceived], [4, 5])
        let moonlit = "office.moonlit"
        equal(summary.limited, Problem(code: moonlit, retryable: false, zh: moonlit, en: moonlit, details: []))
        let notice = try only(summary.notices)
        equal(notice.code, "vet.marks")
        equal(notice.number, 7)
        equal(notice.author, AuthorTag("AQIDBA"))
        equal(notice.words, Doorstep.words("vet.marks"))
        equal(Doorstep.words("office.moonlit").zh, "office.moonlit")
        equal(sample.address.addresses, ["https://office.example"])
        equal(sample.address.keysSha256, [Data(repeating: 1, count: 32)])
        let area = sample.area
        equal(area.area, AreaId("310101"))
        equal([area.name, area.level], ["黄浦区", "district"])
        equal(area.parent, nil)
        equal(area.until, Day(2026, 12, 1))
    }
}

/// Says something else than the office.
private struct Impostor: OfficeLink {
    func carry(_: Data, to _: OfficeAddress) async throws -> Data {
        Data("not a reply".utf8)
    }
}
