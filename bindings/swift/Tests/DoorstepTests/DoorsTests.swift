import DoorstepTestkit
import Foundation
import XCTest

/// An evening at the doors: rounds, looks, attempts, undo, corrections, what screens show of it.
final class DoorsTests: StreetCase {
    private let low = Seen.faults(codes: ["pressure_low"])

    func testTheWholeStairwellIsNormalButOne() async throws {
        let phone = try await phone()
        equal(try await phone.openRound(places.building, plan: places.plan), round)
        try await phone.allNormal(round, places.doors)
        try street.clock.advance(seconds: 3_600)
        let check = try await phone.check(round, look(0, low, "指针在红区"))
        let plan = try await phone.doorPlan(places.stairwell, round)
        equal([plan.doors.count, Int(plan.covered), Int(plan.attempted)], [24, 24, 0])
        equal([plan.assets, plan.checked], [48, 48])
        equal(plan.place.place.id, places.stairwell)
        equal(plan.place.floor, nil)
        let first = plan.doors[0]
        equal(first.place.name, "101")
        equal(first.floor, 1)
        holds(first.answered)
        equal(first.outcome, .answered)
        holds(first.assets.allSatisfy(\.checked))
        let bottle = try only(first.assets.filter { $0.asset.id == places.bottles[0] }).asset
        equal(bottle.result, low)
        equal(bottle.checkedAt, hours(1))
        equal(bottle.factory, .made(month: Month(2016, 2)!))
        let look = try only(bottle.owed.filter { $0.kind == "look" })
        equal(look.dueMonth, Month(2026, 12))
        equal(look.status, .notDue)
        let scrap = try only(bottle.owed.filter { $0.kind == "scrap" })
        equal(scrap.dueMonth, Month(2026, 2))
        equal(scrap.status, .scrapNow)
        let page = try await phone.asset(bottle.id)
        equal(page.asset.id, bottle.id)
        equal(page.history[0].check, check)
        equal(page.history[0].note, "指针在红区")
        equal(page.history[1].supersededBy, check)
        holds(!page.history[0].imported && !page.history[0].dateOnly)
        equal(page.history[0].at, hours(1))
        holds(page.obligations.contains { $0.owed.kind == "scrap" })
        holds(page.obligations.allSatisfy { !$0.clause.isEmpty })
        equal(page.held, 0)
    }

    func testAttemptsAreToldApartAndTheNextDayIsKept() async throws {
        let phone = try await phone()
        let tomorrow = Day(2026, 11, 26)
        let outcomes: [AtDoor] = [.absent, .refused, .empty, .answered]
        for (door, outcome) in zip(places.doors, outcomes) {
            try await phone.visit(door, round, NewVisit(outcome: outcome, note: "两次", next: tomorrow))
        }
        let doors = try await phone.places(places.committee, places.stairwell).rows
        equal(doors.prefix(5).map(\.visit), outcomes.map(Optional.some) + [nil])
        equal(doors[0].visitNext, tomorrow)
        equal(doors[0].attempts, 1)
        equal(doors[0].visitedAt, evening)
        let coverage = try await phone.coverage(places.committee, round)
        let total = coverage.total
        equal([total.doors, total.covered, total.attempted], [24, 1, 3])
        equal([total.extraDoors, total.held], [0, 0])
        equal(coverage.buildings[0].building, places.building)
        equal(total.building, nil)
        try await thrown(.refused, "visit.not_a_door") {
            try await phone.visit(places.building, round, NewVisit(outcome: .absent))
        }
    }

    func testARoundOfTodayHasTheListThatWasGiven() async throws {
        let phone = try await phone()
        let targets = Targets(doors: Array(places.doors.prefix(2)), assets: Array(places.bottles.prefix(2)))
        let today = try await phone.openRound(places.building, targets: targets)
        equal(today, .adHoc(day: Day(2026, 11, 25)!))
        equal(try await phone.check(today, [look(0), look(5)]).count, 2)
        try await phone.visit(places.doors[0], today, NewVisit(outcome: .answered))
        let done = try await phone.coverage(places.committee, today).total
        equal([done.doors, done.assets, done.checked], [2, 2, 1])
        equal(done.extraAssets, 1)
        equal([done.covered, done.extraDoors], [1, 0])
    }

    func testThePlannedRoundIsOnTheList() async throws {
        let phone = try await phone()
        let line = try only(try await phone.openRounds(places.committee))
        equal(line.plan, places.plan)
        equal(line.name, "本月巡查")
        equal([line.doors, line.assets], [24, 48])
        holds(!line.late)
        equal(line.firstDay, Day(2026, 11, 15))
        equal(line.lastDay, Day(2026, 12, 15))
    }

    func testTheLastTapsAreTakenBackAndAnOlderOneIsPutRight() async throws {
        let phone = try await phone()
        let kept = try await phone.check(round, look(0))
        try await phone.check(round, look(1, .missing))
        equal(try await phone.undoDepth(), 2)
        equal(try await phone.undoLast().count, 1)
        equal(try await phone.asset(places.bottles[1]).asset.result, nil)
        let correction = try await phone.correct(kept, .check(seen: .missing), reason: "看错了门")
        let seen = try await phone.asset(places.bottles[0]).history[0]
        equal(seen.result, .missing)
        equal(seen.correctedBy, correction)
        let visit = try await phone.visit(places.doors[0], round, NewVisit(outcome: .absent))
        try await phone.correct(visit, .visit(outcome: .answered), reason: "后来开门了")
        equal(try await phone.doorPlan(places.stairwell, round).doors[0].outcome, .answered)
        try await thrown(.refused, "correct.no_reason") {
            try await phone.correct(kept, .check(seen: .missing), reason: " ")
        }
    }

    func testTheSameRequestWritesOnceAndNoOtherWriteMayBearIt() async throws {
        let phone = try await phone()
        let first = try await phone.check(round, look(), tap: request(5))
        equal(try await phone.check(round, look(), tap: request(5)), first)
        equal(try await phone.counters().onlyHere, 1)
        try await thrown(.requestReused) { try await phone.check(round, look(1), tap: request(5)) }
    }

    func testPracticeIsRecordedLikeWorkAndIsInNoNumberOfTheDay() async throws {
        let phone = try await phone()
        let before = try await phone.today()
        let kind = "extinguisher.dry_powder"
        let bottle = try await phone.addAsset(
            NewAsset(assetType: kind, place: places.doors[0], registration: .foundUnregistered),
            tap: .new(practice: true)
        )
        try await phone.check(round, NewLook(asset: bottle, seen: .missing), tap: .new(practice: true))
        equal(try await phone.asset(bottle).asset.result, .missing)
        equal(try await phone.today(), before)
        let counters = try await phone.counters()
        equal([counters.onlyHere, counters.received, counters.held, counters.leftOut], [2, 0, 0, 0])
        equal(counters.quarantinedSegments, 0)
    }

    func testOnASharedPhoneATapSaysWho() async throws {
        let phone = try await phone(persons: 2)
        let persons = try some(try await phone.enrolled()).persons
        equal(persons.count, 2)
        try await thrown(.refused, "act.who") { try await phone.check(round, look()) }
        try await phone.check(round, look(), tap: .new(person: persons[1]))
        equal(try await phone.asset(places.bottles[0]).history[0].person, persons[1])
    }

    func testOnASharedPhoneWhoeverTakesBackSaysWho() async throws {
        let phone = try await phone(persons: 2)
        let persons = try some(try await phone.enrolled()).persons
        try await phone.check(round, look(), tap: .new(person: persons[0]))
        try await thrown(.refused, "act.who") { try await phone.undoLast() }
        equal(try await phone.undoLast(tap: .new(person: persons[1])).count, 1)
        equal(try await phone.undoDepth(), 0)
        equal(try await phone.asset(places.bottles[0]).asset.result, nil)
    }

    func testAFaultThatThePackDoesNotKnowIsRefusedWithItsCode() async throws {
        let phone = try await phone()
        let refused = try await thrown(.refused) {
            try await phone.check(round, look(0, .faults(codes: ["moonlight"])))
        }
        equal(refused.details["codes"], "moonlight")
        holds(refused.zh.contains("moonlight"))
        holds(!refused.isRetryable)
    }

    func testAValueOfALaterVersionIsKeptOutOfEntries() async throws {
        let phone = try await phone()
        try await thrown(.badArgument, "call.bad_value") {
            try await phone.visit(places.doors[0], round, NewVisit(outcome: .other(code: 9)))
        }
        try await thrown(.badArgument) { try await phone.check(round, look(0, .other(text: "odd"))) }
    }

    func testTodayCountsTheArea() async throws {
        let phone = try await phone()
        try await phone.check(round, [look(0, .missing), look(1, low)])
        let today = try only(try await phone.today())
        equal(today.area, places.committee)
        equal(today.name, "示范1居委")
        equal([today.doors, today.assets, today.missing, today.faulty], [24, 48, 1, 1])
        holds(today.looksDue > 0 && today.workOverdue > 0)
        equal(today.workDue, 0)
        equal([today.openCases, today.overdueCases, today.disputes], [0, 0, 0])
        equal(today.syncedAt, evening)
        let areas = try await phone.declaredAreas()
        equal(areas.count, 19)
        equal(areas[1].level, "committee")
        equal(areas[1].parent, areas[0].area)
        equal(areas[1].area, places.committee)
        equal(areas[1].name, "示范1居委")
        equal(try await phone.areas(), [places.committee])
        equal(try only(try await phone.today([places.committee])), today)
    }

    func testFormsOfferWhatThePackKnows() async throws {
        let phone = try await phone()
        let forms = try await phone.forms(places.committee)
        equal(forms.pack, "cn")
        holds(forms.number > 0)
        let powder = try only(forms.assetTypes.filter { $0.code == "extinguisher.dry_powder" })
        holds(powder.faults.contains("pressure_low"))
        holds(!powder.name.zh.isEmpty)
        let low = try only(forms.faults.filter { $0.code == "pressure_low" })
        holds(!low.name.zh.isEmpty && !low.name.en.isEmpty && low.severity > 0)
        holds(forms.faults.contains(where: \.scrapAtSight) && !forms.faults.allSatisfy(\.scrapAtSight))
        let bike = try only(forms.hazards.filter { $0.code == "e_bike" })
        holds((1...2).contains(bike.level))
        holds(!bike.name.en.isEmpty)
        holds(!forms.hazards.allSatisfy(\.sameDay))
    }
}
