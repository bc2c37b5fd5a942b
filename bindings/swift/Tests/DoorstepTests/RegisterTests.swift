import DoorstepTestkit
import Foundation
import XCTest

/// The register: places, assets, labels, fields, notes, service, handouts.
final class RegisterTests: StreetCase {
    private let october = Month(2026, 10)!
    private let november = Month(2026, 11)!

    func testANewHouseWithANewBottle() async throws {
        let phone = try await phone()
        let house = try await phone.addPlace(NewPlace(kind: .building, name: "5号楼"), area: places.committee)
        let shop = try await phone.addPlace(NewPlace(kind: .premises, name: "杂货店", parent: house, order: 101))
        let label = try await phone.nextLabel()
        let bottle = try await phone.addAsset(
            NewAsset(
                assetType: "extinguisher.dry_powder", place: shop, registration: .foundUnregistered, label: label,
                factory: .made(month: Month(2019, 5)!), size: "4kg", makerLifeYears: 10
            )
        )
        holds(try await phone.nextLabel() != label)
        let bearer = try only(try await phone.bearers(label))
        equal(bearer.asset, bottle)
        equal(bearer.place, nil)
        equal([bearer.assetType, bearer.placeName], ["extinguisher.dry_powder", "杂货店"])
        holds(!bearer.disputed)
        let view = try await phone.asset(bottle).asset
        equal([view.place, view.building], [shop, house])
        equal([view.label, view.size], [label, "4kg"])
        holds(!view.away)
        equal(try await phone.placeName(shop), "5号楼 杂货店")
        let line = try only(try await phone.places(places.committee, house).rows)
        equal(line.id, shop)
        equal(line.kind, .premises)
        equal(line.parent, house)
        equal(line.order, 101)
        equal(line.name, "杂货店")
        equal(try await phone.assets(places.committee, AssetFilter(building: house)).rows.map(\.id), [bottle])
        equal(try await phone.assets(places.committee, AssetFilter(assetType: "alarm.smoke")).rows.count, 24)
    }

    func testALabelIsOnAPlaceToo() async throws {
        let phone = try await phone()
        let label = try await phone.nextLabel()
        let door = Subject.place(id: places.doors[0])
        try await phone.setField(door, .label(code: label))
        let bearer = try only(try await phone.bearers(label))
        equal(bearer.place, places.doors[0])
        equal(bearer.asset, nil)
        let refused = try await thrown(.refused) { try await phone.setField(door, .label(code: "ABCDEFG0")) }
        holds(refused.code.hasPrefix("label."))
    }

    func testEveryFieldTakesItsValue() async throws {
        let phone = try await phone()
        let door = Subject.place(id: places.doors[0])
        let bottle = Subject.asset(id: places.bottles[0])
        let alarm = Subject.asset(id: places.alarms[0])
        let writes: [(Subject, NewValue)] = [
            (door, .name(text: "101甲")),
            (door, .order(order: 150)),
            (door, .householdState(state: "empty")),
            (bottle, .factory(factory: .unreadable)),
            (bottle, .size(text: "1kg")),
            (bottle, .makerLife(years: 12)),
            (bottle, .assetType(code: "extinguisher.water")),
            (bottle, .place(place: places.doors[1])),
            (alarm, .batteryMonth(month: october)),
            (alarm, .nothing(field: .factory)),
        ]
        var written: [NewValue: EntryId] = [:]
        for (subject, value) in writes { written[value] = try await phone.setField(subject, value) }
        let page = try await phone.asset(places.bottles[0])
        equal(page.asset.factory, .unreadable)
        equal([page.asset.size, page.asset.assetType], ["1kg", "extinguisher.water"])
        equal(page.asset.place, places.doors[1])
        let size = try only(page.fields.filter { $0.field == .size })
        holds(!size.disputed)
        let candidate = try only(size.candidates)
        equal(candidate.value, "1kg")
        equal(candidate.at, evening)
        equal([candidate.person], try some(try await phone.enrolled()).persons)
        equal(candidate.entry, written[.size(text: "1kg")])
        let fields: Set<Field> = [.factory, .makerLife, .assetType, .place]
        holds(fields.isSubset(of: Set(page.fields.map(\.field))))
        let second = try await phone.asset(places.alarms[0])
        equal(second.asset.factory, .notRecorded)
        holds(second.fields.contains { $0.field == .batteryMonth })
        let rows = try await phone.places(places.committee, places.stairwell).rows
        let first = try only(rows.filter { $0.id == places.doors[0] })
        equal([first.name, first.state], ["101甲", "empty"])
        equal(first.order, 150)
        try await thrown(.refused, "field.not_here") { try await phone.setField(door, .size(text: "1kg")) }
        try await thrown(.badArgument) { try await phone.setField(door, .nothing(field: .other(code: 99))) }
    }

    func testFieldsThatCannotBeEmptyStay() async throws {
        let phone = try await phone()
        let door = Subject.place(id: places.doors[0])
        try await phone.addPlace(NewPlace(kind: .estate, name: "示范里"))
        for field in [Field.order, .householdState, .label] {
            try await phone.setField(door, .nothing(field: field))
        }
        try await thrown(.refused, "field.wrong_value") { try await phone.setField(door, .nothing(field: .name)) }
    }

    func testServiceFollowsAnAssetToItsEnd() async throws {
        let phone = try await phone()
        let (old, new) = (places.bottles[0], places.bottles[1])
        try await phone.service(old, NewService(kind: .takenAway, month: november, firm: "平安消防"))
        holds(try await phone.asset(old).asset.away)
        try await phone.service(
            old, NewService(kind: .replaced, month: november, note: "10.0.8-9", successor: new)
        )
        equal(try await phone.asset(old).asset.ended, november)
        try await thrown(.refused, "service.future") {
            try await phone.service(new, NewService(kind: .serviced, month: Month(2027, 1)!))
        }
    }

    func testEveryServiceAndRegistrationIsWrittenAndNoneOfALaterVersion() async throws {
        let phone = try await phone()
        let bottle = places.bottles[0]
        for kind in [ServiceKind.serviced, .pressureTested, .battery, .takenAway, .broughtBack, .scrapped] {
            try await phone.service(bottle, NewService(kind: kind, month: october))
        }
        equal(try await phone.asset(bottle).asset.ended, october)
        func alarm(_ registration: Registration) -> NewAsset {
            NewAsset(
                assetType: "alarm.smoke", place: places.doors[0], registration: registration, factory: .notRecorded,
                batch: places.batch
            )
        }
        for registration in [Registration.registered, .handedOut, .imported] {
            try await phone.addAsset(alarm(registration))
        }
        var told: [DoorstepError] = []
        told.append(
            try await thrown(.badArgument) {
                try await phone.service(places.bottles[1], NewService(kind: .other(code: 99), month: october))
            }
        )
        told.append(
            try await thrown(.badArgument) {
                try await phone.addPlace(NewPlace(kind: .other(code: 99), name: "x"))
            }
        )
        told.append(try await thrown(.badArgument) { try await phone.addAsset(alarm(.other(code: 99))) })
        told.append(
            try await thrown(.badArgument) {
                try await phone.found(NewCase(about: .other(code: 99), kind: "e_bike", place: places.stairwell))
            }
        )
        equal(told.map { $0.details["text"] }, ["99", "99", "99", "99"])
    }

    func testWordsAndPhotosStandBesideAnything() async throws {
        let phone = try await phone()
        let file = try folder().appendingPathComponent("gauge.jpg")
        try Data("abc".utf8).write(to: file)
        let photo = try await Doorstep.namePhoto(file)
        equal(photo.text, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
        let check = try await phone.check(
            round, NewLook(asset: places.bottles[0], seen: .normal, photos: [photo], factory: .unreadable)
        )
        let subjects: [Subject] = [
            .place(id: places.doors[0]), .asset(id: places.bottles[0]),
            .case(id: try await phone.found(hazard())), .entry(id: check),
        ]
        for subject in subjects { try await phone.note(subject, "王阿婆让先打电话", photos: [photo]) }
        let page = try await phone.asset(places.bottles[0])
        equal(page.history[0].photos, [photo])
        equal(page.asset.factory, .unreadable)
        try await thrown(.store, "store.io") {
            try await Doorstep.namePhoto(URL(fileURLWithPath: "/nowhere/gauge.jpg"))
        }
    }

    func testWhatWasHandedOutIsWrittenDown() async throws {
        let phone = try await phone()
        func line(_ quantity: UInt32) -> NewHandout {
            NewHandout(
                batch: places.batch, quantity: quantity, unit: "只", item: "extinguisher.dry_powder",
                day: Day(2026, 11, 25)
            )
        }
        try await phone.handout(places.doors[0], line(2))
        equal(try await phone.counters().onlyHere, 1)
        try await thrown(.refused, "handout.nothing") { try await phone.handout(places.doors[0], line(0)) }
    }

    func testAListIsFilteredByState() async throws {
        let phone = try await phone()
        try await phone.check(round, look(0, .missing))
        func count(_ state: AssetState) async throws -> Int {
            try await phone.assets(places.committee, AssetFilter(state: state), limit: 100).rows.count
        }
        equal(try await count(.missing), 1)
        equal(try await count(.neverChecked), 47)
        for none in [AssetState.waiting, .faulty, .noFactoryMonth] { equal(try await count(none), 0) }
        holds(try await count(.lookDue) > 0)
        holds(try await count(.workDue) > 0)
    }

    func testTenThousandRowsComeInPagesAndNoneTwice() async throws {
        let phone = try await phone()
        let house = try await phone.addPlace(NewPlace(kind: .building, name: "塔楼"))
        var added: [PlaceId] = []
        for number in 0..<10_000 {
            let part = NewPlace(kind: .commonPart, name: "\(number)", parent: house, order: UInt32(number / 3))
            added.append(try await phone.addPlace(part))
        }
        var seen: [PlaceId] = []
        var after: String?
        repeat {
            let page = try await phone.places(places.committee, house, after: after, limit: 200)
            holds(page.rows.count <= 200)
            seen += page.rows.map(\.id)
            after = page.next
        } while after != nil
        equal(seen.count, 10_000)
        equal(Set(seen), Set(added))
    }

    func testEveryListComesInPages() async throws {
        let (one, other, clerk) = (try await phone(1), try await phone(2), try await phone(3, .clerk))
        for door in 0..<5 {
            try await one.found(hazard())
            try await one.check(round, look(door))
            try await other.check(round, look(door, .missing))
        }
        for phone in [one, other, clerk] { try await sync(phone) }
        let area = places.committee
        equal(try await paged { after in
            let page = try await clerk.disputes(area, after: after, limit: 2)
            return (page.rows, page.next)
        }, 5)
        equal(try await paged { after in
            let page = try await clerk.cases(area, .open, after: after, limit: 2)
            return (page.rows, page.next)
        }, 5)
        equal(try await paged { after in
            let page = try await clerk.assets(area, after: after, limit: 7)
            return (page.rows, page.next)
        }, 48)
        // A limit that makes no sense is one row.
        equal(try await clerk.assets(area, limit: -1).rows.count, 1)
    }

    func testLabelsStandOnScreens() async throws {
        let (phone, other, clerk) = (try await phone(1), try await phone(2), try await phone(3, .clerk))
        let (door, bottle) = (try await phone.nextLabel(), try await other.nextLabel())
        try await phone.setField(.place(id: places.doors[0]), .label(code: door))
        try await other.setField(.asset(id: places.bottles[0]), .label(code: bottle))
        try await phone.check(round, look())
        try await other.check(round, look(0, .missing))
        for one in [phone, other, clerk] { try await sync(one) }
        equal(try await clerk.disputes(places.committee).rows.map(\.label), [bottle])
        let rows = try await clerk.places(places.committee, places.stairwell).rows
        equal(rows[0].label, door)
        equal(rows[1].label, nil)
    }

    private func paged<T: Hashable>(_ ask: (String?) async throws -> ([T], String?)) async throws -> Int {
        var rows: Set<T> = []
        var after: String?
        repeat {
            let (page, next) = try await ask(after)
            rows.formUnion(page)
            after = next
        } while after != nil
        return rows.count
    }
}
