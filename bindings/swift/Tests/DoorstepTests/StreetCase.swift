// What the tests of this target stand on: an evening in the demo street.

import DoorstepTestkit
import Foundation
import XCTest

/// 19:00 in the committee.
let evening = Date(timeIntervalSince1970: 1_795_604_400)

/// A test in the demo street.
class StreetCase: XCTestCase {
    private(set) var street: Street!
    private var phones: [Doorstep] = []

    var places: DemoStreet { street.places }
    var round: Round { .plan(plan: places.plan) }

    override class func setUp() {
        super.setUp()
        _ = Crossed.told
    }

    override func setUp() async throws {
        street = try Street(at: evening)
    }

    override func tearDown() async throws {
        for phone in phones { try await phone.close() }
        phones = []
        street = nil
    }

    /// A phone that is enrolled and holds the street.
    func phone(_ seed: UInt64 = 1, _ role: Role = .volunteer, persons: UInt32 = 1) async throws -> Doorstep {
        let phone = try await street.phone(seed: seed, role: role, persons: persons)
        phones.append(phone)
        return phone
    }

    /// A phone that belongs to nobody.
    func blank(_ seed: UInt64 = 1, _ folder: URL? = nil) throws -> Doorstep {
        let phone = try street.blankPhone(seed: seed, folder: folder)
        phones.append(phone)
        return phone
    }

    @discardableResult
    func sync(_ phone: Doorstep) async throws -> Summary {
        guard case .done(let summary) = try await SyncRunner(phone, street.link).run() else {
            throw Unexpected("a run without a budget was spent")
        }
        return summary
    }

    /// A look at the bottle of a door.
    func look(_ door: Int = 0, _ seen: Seen = .normal, _ note: String? = nil) -> NewLook {
        NewLook(asset: places.bottles[door], seen: seen, note: note)
    }

    /// An e-bike in the stairwell.
    func hazard(
        _ level: UInt8 = 1, kind: String = "e_bike", note: String? = nil, photos: [PhotoHash] = [],
        round: Round? = nil, campaign: EntryId? = nil
    ) -> NewCase {
        NewCase(
            about: .hazard, kind: kind, place: places.stairwell, level: level, note: note, photos: photos,
            round: round, campaign: campaign
        )
    }

    func request(_ number: UInt8) -> Tap {
        Tap(request: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number)))
    }

    /// A folder that is gone after the test.
    func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
        return folder
    }
}

/// 19:00 and so many hours more.
func hours(_ count: Int) -> Date { evening.addingTimeInterval(Double(count) * 3_600) }

struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

func equal<T: Equatable>(_ one: T, _ other: T, file: StaticString = #filePath, line: UInt = #line) {
    if one != other { XCTFail("\(one) is not \(other)", file: file, line: line) }
}

func holds(_ claim: Bool, _ told: String = "", file: StaticString = #filePath, line: UInt = #line) {
    if !claim { XCTFail("it does not hold: \(told)", file: file, line: line) }
}

/// The only one.
func only<T>(_ all: [T], file: StaticString = #filePath, line: UInt = #line) throws -> T {
    guard all.count == 1 else { throw Unexpected("\(all.count) in place of one, line \(line)") }
    return all[0]
}

/// There is one.
func some<T>(_ value: T?, line: UInt = #line) throws -> T {
    guard let value else { throw Unexpected("nothing is there, line \(line)") }
    return value
}

/// What a call is refused with.
@discardableResult
func thrown(
    _ kind: DoorstepError.Kind, _ code: String? = nil, file: StaticString = #filePath, line: UInt = #line,
    _ call: () async throws -> Any?
) async throws -> DoorstepError {
    do {
        let given = try await call()
        throw Unexpected("no error of kind \(kind), but \(given ?? "nothing"), line \(line)")
    } catch let error as DoorstepError {
        equal(error.kind, kind, file: file, line: line)
        if let code { equal(error.code, code, file: file, line: line) }
        return error
    }
}

/// What crossed, for the table of what is tested in which language; and a break on purpose.
private final class Crossed: NSObject, XCTestObservation {
    static let told: Void = {
        // Tests that notice nothing test nothing.
        if let broken = ProcessInfo.processInfo.environment["DOORSTEP_BREAK"] { breakOnPurpose(name: broken) }
        XCTestObservationCenter.shared.addTestObserver(Crossed())
    }()

    func testCase(_: XCTestCase, didFailWithDescription _: String, inFile _: String?, atLine _: Int) {
        // One notice is enough.
        if ProcessInfo.processInfo.environment["DOORSTEP_BREAK"] != nil { _exit(1) }
    }

    func testBundleDidFinish(_: Bundle) {
        guard let file = ProcessInfo.processInfo.environment["DOORSTEP_CROSSED"] else { return }
        try? crossed().joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    }
}
