// The story in Swift: one evening against a real office, and what is read back of it through the public
// API, as JSON on the last line.

import Doorstep
import DoorstepCurl
import Foundation

/// Most tries to get through the link.
private let tries = 200

private let outcomes: [(String, AtDoor)] = [
    ("answered", .answered), ("absent", .absent), ("refused", .refused), ("empty", .empty),
]

struct Unexpected: Error {
    let what: String
}

@main
enum Tell {
    /// Tells the scene in the file that is named.
    static func main() async throws {
        let scene = try Scene.read(CommandLine.arguments[1])
        let told = try await Teller(scene: scene, area: AreaId(text: scene.script.area)).tell()
        print(String(decoding: try JSONEncoder().encode(told), as: UTF8.self))
    }
}

private struct Teller {
    let scene: Scene
    let area: AreaId

    func tell() async throws -> Json {
        let zhang = try await phone("zhang", "zhang")
        try await zhang.enrol(scene.invitations[0])
        try await sync(zhang)
        let stranger = try await stranger(zhang)
        let undone = try await evening(zhang)
        let before = try await zhang.counters().onlyHere
        try await sync(zhang)

        let li = try await phone("li", "li")
        try await li.enrol(scene.invitations[1])
        try await sync(li)
        let round = try await li.openRound(building(li))
        let other = try await asset(li, scene.script.contradicted)
        try await nextSecond()
        try await li.check(round, NewLook(asset: other, seen: .missing))
        try await sync(li)
        try await sync(zhang)

        let author = try await zhang.enrolled()?.author
        try await zhang.close()
        let refusals = try await refusals("zhang")
        try FileManager.default.copyItem(at: place("zhang"), to: place("restored"))
        let restored = try await phone("restored", "another phone")
        let again = try await asset(restored, scene.script.photoOf)
        try await nextSecond()
        try await restored.check(round, NewLook(asset: again, seen: .faults(codes: ["pressure_low"])))
        try await sync(restored)
        try await sync(li)

        let counters = try await restored.counters()
        let numbers = [counters.onlyHere, counters.received, counters.held, counters.leftOut]
        let told: Json = .object([
            "stranger": .text(stranger),
            "undone": .number(undone),
            "only_here_before": .number(Int(before)),
            "refusals": .texts(refusals),
            "restored_is_another_author": .flag(try await restored.enrolled()?.author != author),
            "both_phones_agree": .flag(try await restored.checksum(area) == li.checksum(area)),
            "counters": .list(numbers.map { .number(Int($0)) }),
            "today": try await today(restored),
            "doors": try await doors(restored, round),
            "hazards": try await hazards(restored),
            "full_disk": try await fullDisk(),
        ])
        try await li.close()
        try await restored.close()
        return told
    }

    private func place(_ name: String) -> URL {
        URL(fileURLWithPath: scene.folder).appendingPathComponent(name)
    }

    private func phone(_ name: String, _ marker: String) async throws -> Doorstep {
        try await Doorstep.open(place(name), key: scene.key(0), marker: Data(marker.utf8))
    }

    private func building(_ phone: Doorstep) async throws -> PlaceId {
        let rows = try await phone.places(area).rows
        return try one(rows.filter { $0.name == scene.script.building }).id
    }

    private func asset(_ phone: Doorstep, _ label: String) async throws -> AssetId {
        guard let asset = try one(try await phone.bearers(label)).asset else { throw Unexpected(what: label) }
        return asset
    }

    /// The doors, the photo, the hazards, the mistake. Returns how many entries were taken back.
    private func evening(_ phone: Doorstep) async throws -> Int {
        let building = try await building(phone)
        let round = try await phone.openRound(building)
        let plan = try await phone.doorPlan(building).doors
        for door in scene.script.doors {
            let place = try one(plan.filter { $0.place.name == door.name }).place.id
            let outcome = try one(outcomes.filter { $0.0 == door.outcome }).1
            try await phone.visit(place, round, NewVisit(outcome: outcome))
            if outcome == .answered {
                let seen: Seen = door.missing ? .missing : door.faults.isEmpty ? .normal : .faults(codes: door.faults)
                try await phone.check(
                    round, NewLook(asset: try await asset(phone, door.label), seen: seen, note: door.note)
                )
            }
        }
        let photo = try await Doorstep.namePhoto(URL(fileURLWithPath: scene.photo))
        let photographed = try await asset(phone, scene.script.photoOf)
        try await phone.check(round, NewLook(asset: photographed, seen: .normal, photos: [photo]))
        for hazard in scene.script.hazards {
            try await phone.found(
                NewCase(
                    about: .hazard, kind: hazard.kind, place: building, level: hazard.level, note: hazard.note,
                    round: round
                )
            )
        }
        let mistaken = try await asset(phone, scene.script.undone)
        try await phone.check(round, NewLook(asset: mistaken, seen: .missing))
        return try await phone.undoLast().count
    }

    /// What becomes of a request to somebody with another key.
    private func stranger(_ phone: Doorstep) async throws -> String {
        let office = try await phone.officeAddress()
        let elsewhere = OfficeAddress(addresses: [scene.stranger], keysSha256: office.keysSha256)
        do {
            _ = try await CurlOfficeLink().carry(Data("hello".utf8), to: elsewhere)
            return "talked to"
        } catch LinkError.wrongKey {
            return "refused"
        }
    }

    /// What a wrong key, and a missing one, are answered. Where nothing is encrypted: any key at all.
    private func refusals(_ name: String) async throws -> [String] {
        func code(_ key: Data?) async throws -> String {
            do {
                try await Doorstep.open(place(name), key: key, marker: Data(name.utf8)).close()
                return "opened"
            } catch let error as DoorstepError where error.kind == .store {
                return error.code
            }
        }
        guard let wrong = scene.key(1) else { return [try await code(Data(repeating: 0x4B, count: 32))] }
        return [try await code(wrong), try await code(nil)]
    }

    /// What a full disk is answered, and that nothing was lost by it.
    private func fullDisk() async throws -> Json {
        guard let disk = scene.smallDisk else { return .nothing }
        let folder = URL(fileURLWithPath: disk).appendingPathComponent("phone")
        let phone = try await Doorstep.open(folder, key: scene.key(0), marker: Data("small".utf8))
        try await phone.setDraft("before", "有电")
        let large = String(repeating: "满", count: 20_000)
        var code = "never full"
        for number in 0..<tries {
            do {
                try await phone.setDraft("\(number)", large)
            } catch let error as DoorstepError where error.kind == .store {
                code = error.code
                break
            }
        }
        let kept = try await phone.draft("before")
        try await phone.close()
        return .texts([code, kept])
    }

    private func today(_ phone: Doorstep) async throws -> Json {
        let today = try one(try await phone.today([area]))
        var listed = 0
        var after: String?
        repeat {
            let page = try await phone.assets(area, after: after)
            listed += page.rows.count
            after = page.next
        } while after != nil
        return .object([
            "name": .maybe(today.name),
            "doors": .number(Int(today.doors)),
            "assets": .number(Int(today.assets)),
            "listed": .number(listed),
            "missing": .number(Int(today.missing)),
            "faulty": .number(Int(today.faulty)),
            "open_cases": .number(Int(today.openCases)),
            "disputes": .number(Int(today.disputes)),
        ])
    }

    private func doors(_ phone: Doorstep, _ round: Round) async throws -> Json {
        let doors = try await phone.doorPlan(building(phone), round).doors
        var told: [Json] = []
        for door in doors.sorted(by: { isBefore($0.place.name, $1.place.name) }) {
            var bottles: [Json] = []
            for one in door.assets { bottles.append(try await bottle(phone, one)) }
            told.append(
                .object([
                    "name": .text(door.place.name),
                    "outcome": .maybe(outcomes.first { $0.1 == door.outcome }?.0),
                    "answered": .flag(door.answered),
                    "bottles": .list(bottles),
                ])
            )
        }
        return .list(told)
    }

    private func bottle(_ phone: Doorstep, _ one: DoorAsset) async throws -> Json {
        let view = one.asset
        let history = try await phone.asset(view.id).history
        return .object([
            "label": .maybe(view.label),
            "factory": factory(view.factory),
            "result": view.result.map(result) ?? .nothing,
            "disputes": .number(Int(view.waiting)),
            "checked": .flag(one.checked),
            "looks": .list(history.map(past)),
            "due": .list(view.owed.map { .texts([$0.kind, $0.dueMonth?.text]) }),
        ])
    }

    private func hazards(_ phone: Doorstep) async throws -> Json {
        let lines = try await phone.cases(area).rows.sorted { one, other in
            let notes = (one.note ?? "", other.note ?? "")
            if notes.0 != notes.1 { return isBefore(notes.0, notes.1) }
            if one.kind != other.kind { return isBefore(one.kind, other.kind) }
            return one.level < other.level
        }
        return .list(
            lines.map {
                let state = $0.state == .found ? "found" : "\($0.state)"
                return .list([.maybe($0.note), .text($0.kind), .number(Int($0.level)), .text(state)])
            }
        )
    }
}

/// Exchanges until nothing is left, through a link that cuts.
private func sync(_ phone: Doorstep) async throws {
    let runner = SyncRunner(phone, CurlOfficeLink())
    for _ in 0..<tries {
        do {
            try await runner.run()
            return
        } catch is LinkError {
            // The next try goes on.
        }
    }
    throw Unexpected(what: "the link never let anything through")
}

/// Entries are of a second: what follows something comes in a later one.
private func nextSecond() async throws {
    try await Task.sleep(for: .milliseconds(1_100))
}

private func one<T>(_ all: [T]) throws -> T {
    guard all.count == 1 else { throw Unexpected(what: "\(all.count) in place of one") }
    return all[0]
}

private func past(_ look: LookView) -> Json {
    .list([
        result(look.result), .maybe(look.note), .number(look.photos.count), .flag(look.supersededBy != nil),
        .flag(look.waiting),
    ])
}

/// `normal`, `missing`, or a list of faults.
private func result(_ seen: Seen) -> Json {
    switch seen {
    case .faults(let codes): .texts(codes)
    case .missing: .text("missing")
    case .normal, .other: .text("normal")
    }
}

private func factory(_ made: Factory) -> Json {
    switch made {
    case .made(let month): .text(month.text)
    case .unreadable: .text("unreadable")
    case .notRecorded: .nothing
    }
}

/// In order as its bytes are: Swift's own order is another.
private func isBefore(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
}
