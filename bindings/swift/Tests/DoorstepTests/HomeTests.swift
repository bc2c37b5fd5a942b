import Doorstep
import Foundation
import XCTest

/// A folder whose secret something else keeps, and a device that lost it.
final class HomeTests: XCTestCase {
    /// Stands for the Keychain.
    private final class Keychain: SecretStore, @unchecked Sendable {
        struct Locked: Error {}

        private let lock = NSLock()
        private var kept: Data?
        private var failures = 0

        var held: Data? {
            get { lock.withLock { kept } }
            set { lock.withLock { kept = newValue } }
        }

        func fail(_ times: Int) {
            lock.withLock { failures = times }
        }

        func secret() throws -> Data? {
            try lock.withLock {
                failures -= 1
                if failures >= 0 { throw Locked() }
                return kept
            }
        }

        func keep(_ secret: Data) throws {
            held = secret
        }
    }

    private var device: URL!
    private let keychain = Keychain()

    private var folder: URL { device.appendingPathComponent("doorstep") }
    private var home: ReplicaHome { ReplicaHome(folder, keychain, encrypts: false) }

    override func setUpWithError() throws {
        device = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: device, withIntermediateDirectories: true)
    }

    override func tearDownWithError() throws {
        try FileManager.default.removeItem(at: device)
    }

    /// Writes where she is, so that it is seen whether it is there again.
    private func written() async throws {
        let doorstep = try await home.open().doorstep
        try await doorstep.setDraft("where", "三楼")
        try await doorstep.close()
    }

    private func draft(_ home: ReplicaHome) async throws -> (String?, URL?) {
        let opened = try await home.open()
        let draft = try await opened.doorstep.draft("where")
        try await opened.doorstep.close()
        return (draft, opened.setAside)
    }

    func testWhatWasKeptIsThereAgainAndNoSecretLiesInTheFolder() async throws {
        try await written()
        let secret = try some(keychain.held)
        equal(secret.count, 64)
        holds(Set(secret).count > 16)
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            let bytes = (try? Data(contentsOf: folder.appendingPathComponent(file))) ?? Data()
            equal(bytes.range(of: secret.prefix(32)), nil)
        }
        let (draft, aside) = try await draft(home)
        equal(draft, "三楼")
        equal(aside, nil)
    }

    func testAKeychainThatIsBusyIsAskedAgain() async throws {
        try await written()
        keychain.fail(2)
        equal(try await draft(home).0, "三楼")
    }

    func testAPhoneThatIsNotUnlockedYetLosesNothing() async throws {
        try await written()
        keychain.fail(3)
        do {
            _ = try await home.open()
            XCTFail("it opened")
        } catch is Keychain.Locked {
            equal(try await draft(home).0, "三楼")
        }
    }

    func testAReplicaWhoseSecretIsGoneIsSetAsideUntouchedAndSaid() async throws {
        try await written()
        let before = try Data(contentsOf: folder.appendingPathComponent("doorstep.db"))
        let lost = keychain.held
        keychain.held = nil
        let (draft, aside) = try await draft(home)
        equal(draft, nil)
        equal(aside?.lastPathComponent, "doorstep.aside-1")
        equal(try Data(contentsOf: try some(aside).appendingPathComponent("doorstep.db")), before)
        // Whoever has the secret after all finds everything.
        keychain.held = lost
        equal(try await self.draft(ReplicaHome(try some(aside), keychain, encrypts: false)).0, "三楼")
        // A secret that is none of ours is none.
        keychain.held = Data(count: 5)
        equal(try await self.draft(home).1?.lastPathComponent, "doorstep.aside-2")
    }

    func testAFolderThatTheAppMadeIsNothingToSetAside() async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        equal(try await draft(home).1, nil)
    }
}
