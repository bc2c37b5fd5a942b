// What tests of an app stand on: phones in memory or in a folder, an office with a demo street, ways to it
// that lose. `FakeClock`, `DemoOffice` and `FakeLink` below it are the library's, built for tests.

@_exported import Doorstep
import DoorstepGenerated
import Foundation

/// An office in memory with a street of 18 committees, a building with 24 doors, a bottle and an alarm
/// behind each. The same seed gives the same names.
public final class Street: Sendable {
    /// The clock of the office and of every phone here: it stands until the test moves it.
    public let clock: FakeClock

    /// The office.
    public let office: DemoOffice

    /// Where there is something to do.
    public let places: DemoStreet

    /// A street at a moment.
    public init(at now: Date, seed: UInt64 = 7) throws {
        clock = try FakeClock.at(now: now)
        office = try DemoOffice.make(clock: clock, seed: seed)
        places = try office.street()
    }

    /// The way to the office.
    public var link: any OfficeLink { Direct(office: office) }

    /// A way on which of 100 requests `losses` do not arrive, and as many lose their reply.
    public func losingLink(_ losses: UInt8, seed: UInt64) throws -> any OfficeLink {
        Losing(link: try FakeLink.to(office: office, losses: losses, seed: seed))
    }

    /// An invitation of a new phone, for so many new persons.
    public func invitation(role: Role = .volunteer, persons: UInt32 = 1) throws -> String {
        try office.invite(role: role, persons: persons)
    }

    /// A phone that belongs to nobody: in a folder, or in memory and gone when it is closed.
    public func blankPhone(seed: UInt64 = 1, folder: URL? = nil, marker: Data? = nil) throws -> Doorstep {
        Doorstep(
            over: try openForTest(
                folder: folder?.path, key: nil, marker: marker ?? Data("phone \(seed)".utf8), clock: clock, seed: seed
            )
        )
    }

    /// A phone that is enrolled and holds the street, for so many new persons.
    public func phone(
        seed: UInt64 = 1, role: Role = .volunteer, persons: UInt32 = 1, folder: URL? = nil
    ) async throws -> Doorstep {
        let phone = try blankPhone(seed: seed, folder: folder)
        try await phone.enrol(invitation(role: role, persons: persons))
        try await SyncRunner(phone, link).run()
        return phone
    }
}

private struct Direct: OfficeLink {
    let office: DemoOffice

    func carry(_ request: Data, to _: OfficeAddress) async throws -> Data {
        try office.answer(request: request)
    }
}

private struct Losing: OfficeLink {
    let link: FakeLink

    func carry(_ request: Data, to _: OfficeAddress) async throws -> Data {
        guard let reply = try link.carry(request: request) else { throw LinkError.notReachable("lost") }
        return reply
    }
}
