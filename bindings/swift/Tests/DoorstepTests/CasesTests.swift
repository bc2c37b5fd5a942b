import DoorstepTestkit
import Foundation
import XCTest

/// Hazards and repairs, their steps, and what a clerk decides between others.
final class CasesTests: StreetCase {
    private let photo = PhotoHash("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")!
    private let friday = Day(2026, 11, 27)!

    func testAHazardGoesFromFoundToDispatchedAndPastItsDay() async throws {
        let (phone, clerk) = (try await phone(), try await phone(2, .clerk))
        let id = try await phone.found(hazard(2, note: "三辆电瓶车", photos: [photo], round: round))
        let line = try only(try await phone.cases(places.committee).rows)
        equal(line.id, id)
        equal([line.kind, line.note], ["e_bike", "三辆电瓶车"])
        equal(line.about, .hazard)
        equal(line.state, .found)
        equal(line.level, 2)
        equal(line.photos, 1)
        equal(line.place, places.stairwell)
        equal(line.asset, nil)
        equal([line.open, line.suspected, line.onSpot], [true, false, false])
        equal(line.foundAt, evening)
        try await sync(phone)
        try await sync(clerk)
        try await clerk.caseStep(id, NewStep(event: .registered))
        let sent = try await clerk.caseStep(
            id, NewStep(event: .dispatched, note: "请清走", day: friday, body: "物业", helpers: ["居委"])
        )
        let page = try await clerk.case(id)
        equal(page.case.id, id)
        equal(page.case.state, .dispatched)
        equal(page.case.deadline, friday)
        let (found, registered, dispatched) = (page.events[0], page.events[1], page.events[2])
        equal(found.event, .found)
        equal(found.photos, [photo])
        equal(registered.state, .registered)
        equal(dispatched.body, "物业")
        equal(dispatched.day, friday)
        equal(dispatched.note, "请清走")
        equal(dispatched.at, evening)
        equal([dispatched.person], try some(try await clerk.enrolled()).persons)
        equal(dispatched.entry, sent)
        try street.clock.advance(seconds: 4 * 86_400)
        let overdue = try only(try await clerk.cases(places.committee, .overdue).rows)
        equal(overdue.id, id)
        holds(overdue.overdue)
    }

    func testWhatIsPutRightOnTheSpotIsSettled() async throws {
        let phone = try await phone()
        try await phone.found(hazard(0), fix: Fix(note: "已推走", photos: [photo]))
        equal(try await phone.cases(places.committee).rows, [])
        let line = try only(try await phone.cases(places.committee, .settled).rows)
        holds(line.onSpot)
        equal(line.state, .fixedOnSpot)
        equal(line.rectified, Day(2026, 11, 25))
        let fixed = try some(try await phone.case(line.id).events.last)
        equal(fixed.event, .fixedOnSpot)
        equal(fixed.note, "已推走")
        equal(fixed.photos, [photo])
    }

    func testAStepThatIsNotLegalIsRefusedOrToldAsAClaim() async throws {
        let phone = try await phone()
        let id = try await phone.found(hazard())
        let closing = NewStep(event: .closed)
        let refused = try await thrown(.refused) { try await phone.caseStep(id, closing) }
        holds(refused.code.hasPrefix("case."))
        try await phone.caseStep(id, closing, allowClaim: true)
        let page = try await phone.case(id)
        equal(page.case.claims, 1)
        let claim = try some(try some(page.events.last).claim)
        equal(claim.code, "case.wrong_state")
        equal(claim.retryable, false)
        equal(claim.details, [Detail(name: "state", value: "found")])
        equal(claim.zh, "这件事现在是“发现”,不能做这一步:请先看最新进展")
        holds(claim.en.contains("\"found\" now"))
        try await thrown(.badArgument) { try await phone.caseStep(id, NewStep(event: .note)) }
    }

    func testARepairIsOfAnAssetAndASuspicionIsTold() async throws {
        let phone = try await phone()
        let id = try await phone.found(
            NewCase(
                about: .repair, kind: "pressure_low", place: places.doors[0], asset: places.bottles[0],
                suspected: true
            )
        )
        let line = try only(try await phone.asset(places.bottles[0]).cases)
        equal(line.id, id)
        holds(line.suspected)
        equal(line.asset, places.bottles[0])
        let missing = try await thrown(.notFound) {
            try await phone.found(hazard(campaign: EntryId("AAAAAAAAAAAAAAAA")))
        }
        equal(missing.details["what"], "campaign")
    }

    func testEveryArgumentOfAStepArrives() async throws {
        let (phone, clerk) = (try await phone(), try await phone(2, .clerk))
        let (first, second) = (try await phone.found(hazard()), try await phone.found(hazard()))
        try await sync(phone)
        try await sync(clerk)
        let person = try some(try await clerk.enrolled()).persons[0]
        let steps = [
            NewStep(event: .registered, level: 2),
            NewStep(event: .dispatched, day: Day(2026, 12, 1), body: "物业"),
            NewStep(event: .reported, note: "已清", photos: [photo]),
            NewStep(event: .rechecked, passed: true),
            NewStep(event: .handedOver, body: "消防", receipt: "沪消2026-7"),
            NewStep(event: .extended, note: "停电", day: Day(2026, 12, 9), approvedBy: person),
        ]
        for step in steps { try await clerk.caseStep(first, step, allowClaim: true) }
        try await clerk.caseStep(second, NewStep(event: .registered))
        try await clerk.caseStep(second, NewStep(event: .merged, note: "同一处", into: first))
        let page = try await clerk.case(first)
        equal(page.events.dropFirst().map(\.event), steps.map(\.event))
        equal(page.case.level, 2)
        equal(page.fixers, [person])
        equal(try await clerk.case(second).case.state, .merged)
    }

    func testACaseGoesThroughEveryHand() async throws {
        let (phone, clerk) = (try await self.phone(1), try await self.phone(2, .clerk))
        let (department, fire) = (try await self.phone(3, .department), try await self.phone(4, .fireBody))
        let id = try await phone.found(hazard(2))
        let day = Day(2026, 12, 24)
        func step(_ by: Doorstep, _ step: NewStep) async throws {
            try street.clock.advance(seconds: 60)
            for hand in [phone, clerk, department, fire] { try await sync(hand) }
            try await sync(by)
            try await by.caseStep(id, step)
            try await sync(by)
        }
        try await step(clerk, NewStep(event: .registered))
        try await step(clerk, NewStep(event: .dispatched, day: day, body: "物业"))
        try await step(department, NewStep(event: .returned, note: "不归我们"))
        try await step(clerk, NewStep(event: .dispatched, day: day, body: "房管"))
        try await step(department, NewStep(event: .accepted))
        try await step(department, NewStep(event: .rectifying))
        try await step(clerk, NewStep(event: .parked, note: "等材料", day: day))
        try await step(department, NewStep(event: .rectifying))
        try await step(department, NewStep(event: .reported))
        try await step(phone, NewStep(event: .rechecked, passed: true))
        try await step(clerk, NewStep(event: .closed))
        try await step(phone, NewStep(event: .relapsed))
        try await step(phone, NewStep(event: .suspected3))
        try await step(clerk, NewStep(event: .suspicionWithdrawn, note: "看过了"))
        try await step(fire, NewStep(event: .judged3))
        let page = try await fire.case(id)
        let states = page.events.compactMap(\.state)
        equal(states.suffix(4), [.relapsed, .relapsed, .relapsed, .relapsed])
        holds(states.contains(.closed))
        equal(page.case.level, 3)
        equal(page.case.claims, 0)
        let other = try await phone.found(hazard())
        try await phone.caseStep(other, NewStep(event: .fixedOnSpot, note: "推走了"))
        holds(!(try await phone.case(other).case.open))
        try await thrown(.badArgument) { try await phone.caseStep(other, NewStep(event: .other(name: "moonlit"))) }
    }

    func testChecksThatDisagreeWaitUntilAClerkDecides() async throws {
        let (one, other, clerk) = (try await phone(), try await phone(3), try await phone(2, .clerk))
        try await one.check(round, look())
        try await other.check(round, look(0, .missing))
        for phone in [one, other, clerk] { try await sync(phone) }
        let dispute = try only(try await clerk.disputes(places.committee).rows)
        equal(dispute.asset, places.bottles[0])
        equal(dispute.assetType, "extinguisher.dry_powder")
        equal(dispute.place, "101")
        equal(dispute.label, nil)
        equal(dispute.since, evening)
        equal(Set(dispute.checks.map(\.result)), [.normal, .missing])
        let persons = [try some(try await one.enrolled()).persons, try some(try await other.enrolled()).persons]
        equal(Set(dispute.checks.map(\.person)), Set(persons.joined()))
        holds(dispute.checks.allSatisfy { $0.at == evening })
        let page = try await clerk.asset(dispute.asset)
        equal(page.asset.waiting, 1)
        equal(page.asset.result, .missing)
        holds(page.history.allSatisfy(\.waiting))
        let names = dispute.checks.map(\.check)
        try await clerk.decide(dispute.asset, names, .normal, reason: "现场看过")
        equal(try await clerk.disputes(places.committee).rows, [])
        equal(try await clerk.asset(dispute.asset).asset.result, .normal)
        try await thrown(.refused, "act.not_your_role") { try await one.decide(dispute.asset, names, .normal) }
    }

    func testTwoCasesAreOneAndAreNotAfterAll() async throws {
        let clerk = try await phone(2, .clerk)
        let one = Subject.case(id: try await clerk.found(hazard()))
        let other = Subject.case(id: try await clerk.found(hazard()))
        let same = try await clerk.sameAs(one, other)
        holds(try await clerk.sameAs(one, other, split: true) != same)
        try await thrown(.refused, "same.itself") { try await clerk.sameAs(one, one) }
    }
}
