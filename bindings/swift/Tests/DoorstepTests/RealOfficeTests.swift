@testable import Doorstep
import DoorstepCurl
import Foundation
import XCTest

/// A phone against `doorstep serve`: the right key, a wrong one, a changed one, an office that moves.
final class RealOfficeTests: XCTestCase {
    private var folder: URL!
    private var office: Office!
    private var phone: Doorstep!

    /// An office of its own, that serves over TLS until it is stopped.
    private final class Office {
        let name: String
        private let folder: URL
        private var serving: Running?

        init(_ name: String, in folder: URL) throws {
            self.name = name
            self.folder = folder
            try run("init", "--name", "示范街道", "--folder", name)
            let areas = "code,parent,level,name\n310101019,,street,老西门\n310101019005,310101019,committee,大兴\n"
            try areas.write(to: folder.appendingPathComponent("areas.csv"), atomically: true, encoding: .utf8)
            try run("import", "areas", "areas.csv", "--folder", name)
        }

        func invite(_ addresses: String...) throws -> String {
            let there = addresses.flatMap { ["--address", $0] }
            let said = try run(
                ["invite", "--folder", name, "--area", "310101019005", "--person", "张三"] + there
            )
            return said.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// Serves, and tells where.
        func serve(port: String = "0") throws -> String {
            let running = try Running(
                program, ["serve", "--folder", name, "--listen", "127.0.0.1:\(port)", "--page", "127.0.0.1:0", "--json"],
                in: folder
            )
            serving = running
            let line = running.heard(untilEnd: false)
            guard let address = line.range(of: #"https://127\.0\.0\.1:\d+"#, options: .regularExpression) else {
                throw Unexpected("it said \(line)")
            }
            return String(line[address])
        }

        func stop() {
            serving?.end()
            serving = nil
        }

        @discardableResult
        func run(_ arguments: String...) throws -> String { try run(arguments) }

        func run(_ arguments: [String]) throws -> String {
            let running = try Running(program, arguments, in: folder)
            let said = running.heard(untilEnd: true)
            guard running.waited() == 0 else { throw Unexpected("doorstep \(arguments) failed") }
            return said
        }

        private var program: String { ProcessInfo.processInfo.environment["DOORSTEP_OFFICE"] ?? "doorstep" }
    }

    override func setUp() async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        office = try Office("office", in: folder)
        phone = try await Doorstep.open(folder.appendingPathComponent("phone"), key: nil, marker: Data("phone".utf8))
    }

    override func tearDown() async throws {
        try await phone.close()
        office.stop()
        try FileManager.default.removeItem(at: folder)
    }

    @discardableResult
    private func sync() async throws -> Summary {
        let outcome = try await SyncRunner(phone, CurlOfficeLink()).run()
        guard case .done(let summary) = outcome else { throw Unexpected("\(outcome)") }
        return summary
    }

    private func write() async throws {
        try await phone.addPlace(NewPlace(kind: .building, name: "3号楼"))
    }

    private func isNotTrusted(line: UInt = #line) async throws {
        do {
            try await sync()
            XCTFail("it was trusted", line: line)
        } catch LinkError.wrongKey {
            return
        }
    }

    func testWhatIsWrittenReachesTheOfficeWithTheKeyOfTheInvitation() async throws {
        try await phone.enrol(office.invite(office.serve()))
        try await write()
        holds(try await sync().confirmed > 0)
        equal(try await phone.counters().onlyHere, 0)
        equal(try await phone.declaredAreas().first?.name, "老西门")
    }

    func testTheKeyInTheCertificateIsTheOneThatTheInvitationNames() async throws {
        try await phone.enrol(office.invite("https://127.0.0.1:9"))
        let pem = try String(contentsOf: folder.appendingPathComponent("office/transport.pem"), encoding: .utf8)
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
        let text = try some(pem.components(separatedBy: begin).last?.components(separatedBy: end).first)
        let certificate = try some(Data(base64Encoded: text, options: .ignoreUnknownCharacters))
        let file = folder.appendingPathComponent("key")
        try some(PublicKey.info(ofCertificate: certificate)).write(to: file)
        // A photo's name is the SHA-256 of its file.
        equal([try await Doorstep.namePhoto(file).bytes], try await phone.officeAddress().keysSha256)
        for length in 0..<certificate.count where length < 200 {
            equal(PublicKey.info(ofCertificate: certificate.prefix(length)), nil)
        }
    }

    func testTheKeyThatWasAnnouncedIsTrustedTooAndNoThird() async throws {
        try await phone.enrol(office.invite(office.serve()))
        let address = try await phone.officeAddress()
        let right = try only(address.keysSha256)
        let (zero, one) = (Data(count: 32), Data(repeating: 1, count: 32))
        let link = CurlOfficeLink()
        func carry(_ keys: [Data]) async throws {
            let office = OfficeAddress(addresses: address.addresses, keysSha256: keys)
            _ = try await link.carry(Data("hello".utf8), to: office)
        }
        do {
            try await carry([zero, one])
            XCTFail("a third key was trusted")
        } catch LinkError.wrongKey {}
        // The office itself: whatever it says to a request that is none.
        try await carry([zero, right])
    }

    func testSomebodyElseAtTheOfficesAddressIsToldNothingAndTheOfficeIsFoundAgain() async throws {
        let address = try office.serve()
        try await phone.enrol(office.invite(address))
        try await sync()
        try await write()
        office.stop()
        let port = try some(address.split(separator: ":").last.map(String.init))
        let impostor = try Office("impostor", in: folder)
        _ = try impostor.serve(port: port)
        try await isNotTrusted()
        equal(try await phone.counters().onlyHere, 1)
        impostor.stop()
        _ = try office.serve(port: port)
        try await sync()
        equal(try await phone.counters().onlyHere, 0)
    }

    func testAnOfficeWhoseKeyWasLostAndMadeAnewIsNotTrusted() async throws {
        let address = try office.serve()
        try await phone.enrol(office.invite(address))
        office.stop()
        // Another office's key in its place: not announced, so not its word.
        let other = try Office("other", in: folder)
        _ = try other.serve()
        other.stop()
        let key = folder.appendingPathComponent("office/transport.pem")
        try FileManager.default.removeItem(at: key)
        try FileManager.default.copyItem(at: folder.appendingPathComponent("other/transport.pem"), to: key)
        _ = try office.serve(port: try some(address.split(separator: ":").last.map(String.init)))
        try await isNotTrusted()
    }

    func testAnOfficeAtTheSecondOfItsAddressesIsFound() async throws {
        let address = try office.serve()
        try await phone.enrol(office.invite("https://127.0.0.1:9", address))
        try await write()
        try await sync()
        equal(try await phone.counters().onlyHere, 0)
    }

    func testAnOfficeThatNobodyServesKeepsEverythingHere() async throws {
        try await phone.enrol(office.invite("https://127.0.0.1:9"))
        try await write()
        do {
            try await sync()
            XCTFail("somebody answered")
        } catch LinkError.notReachable {
            equal(try await phone.counters().onlyHere, 1)
        }
    }

    func testTheQuickStartOfTheDocsIsThisCodeAndWorksAsItStands() async throws {
        let docs = try some(ProcessInfo.processInfo.environment["DOORSTEP_DOCS"])
        let text = try String(contentsOfFile: "\(docs)/bindings.md", encoding: .utf8)
        let section = try some(text.components(separatedBy: "## Quick start: Swift\n").last)
        let code = section.components(separatedBy: "```swift\n")[1].components(separatedBy: "```")[0]
        let file = "\(docs)/../bindings/swift/Tests/DoorstepTests/QuickStart.swift"
        equal(code, try String(contentsOfFile: file, encoding: .utf8))
        let assets = """
            area,building,place,type,label,factory,size,serviced
            310101019005,3号楼,101,extinguisher.dry_powder,W222238K,2019-05,2kg,
            310101019005,3号楼,102,extinguisher.dry_powder,W22224E4,2019-05,2kg,

            """
        try assets.write(to: folder.appendingPathComponent("assets.csv"), atomically: true, encoding: .utf8)
        try office.run("import", "assets", "assets.csv", "--folder", "office")
        let address = try office.serve()
        try await firstEvening(
            folder.appendingPathComponent("first"), key: nil, marker: Data("first".utf8),
            invitation: office.invite(address), link: CurlOfficeLink()
        )
        try await phone.enrol(office.invite(address))
        try await sync()
        let found = try only(try await phone.cases(AreaId("310101019005")!).rows)
        equal(found.note, "三辆电瓶车")
        let bottle = try some(try only(try await phone.bearers("W222238K")).asset)
        equal(try await phone.asset(bottle).asset.result, .faults(codes: ["pressure_low"]))
    }
}
