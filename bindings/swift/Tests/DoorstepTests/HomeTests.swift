import Doorstep
import Foundation
import XCTest

private func nothingMoved(_ aside: URL) {
    XCTFail("\(aside) was set aside")
}

/// A folder whose secret something else keeps, and a device that lost it.
final class HomeTests: XCTestCase {
    /// Stands for the Keychain.
    private final class Keychain: SecretStore, @unchecked Sendable {
        struct Locked: Error {}

        private let lock = NSLock()
        private var kept: Data?
        private var failures = 0
        private var isFull = false

        var held: Data? {
            get { lock.withLock { kept } }
            set { lock.withLock { kept = newValue } }
        }

        func fail(_ times: Int) {
            lock.withLock { failures = times }
        }

        func fill(_ isFull: Bool) {
            lock.withLock { self.isFull = isFull }
        }

        func secret() throws -> Data? {
            try lock.withLock {
                failures -= 1
                if failures >= 0 { throw Locked() }
                return kept
            }
        }

        func keep(_ secret: Data) throws {
            try lock.withLock {
                if isFull { throw Locked() }
                kept = secret
            }
        }
    }

    /// Answers when it is let.
    private struct Slow: SecretStore {
        let gate: DispatchSemaphore

        func secret() throws -> Data? {
            wait()
            return nil
        }

        func keep(_: Data) throws {
            wait()
        }

        private func wait() {
            if gate.wait(timeout: .now() + 60) != .success { XCTFail("nobody lets it answer") }
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

    /// Opens, is told what was set aside, and closes.
    private func draft(_ home: ReplicaHome) async throws -> (String?, URL?) {
        let opened = try await home.open()
        await opened.told()
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

    /// What an opening says was set aside. Nobody is told.
    private func said() async throws -> String? {
        let opened = try await home.open()
        try await opened.doorstep.close()
        return opened.setAside?.lastPathComponent
    }

    func testWhatWasSetAsideIsSaidUntilThePersonWasTold() async throws {
        try await written()
        keychain.held = nil
        keychain.fill(true)
        do {
            _ = try await home.open()
            XCTFail("it opened")
        } catch is Keychain.Locked {}
        // It was moved all the same.
        keychain.fill(false)
        for _ in 1...2 { equal(try await said(), "doorstep.aside-1") }
        // A second one waits for its turn.
        keychain.held = nil
        for number in 1...2 { equal(try await draft(home).1?.lastPathComponent, "doorstep.aside-\(number)") }
        equal(try await said(), nil)
    }

    func testAStoreThatIsSlowBlocksNoThreadOfTasks() async throws {
        let gate = DispatchSemaphore(value: 0)
        // More openings under way than the pool has threads, and they wait for a task that needs one.
        let count = 4 * ProcessInfo.processInfo.activeProcessorCount
        let openings = (0..<count).map { number in
            let home = ReplicaHome(device.appendingPathComponent("\(number)"), Slow(gate: gate), encrypts: false)
            return Task { try await home.open().doorstep.close() }
        }
        let opener = Task {
            for _ in 0..<(2 * count) { gate.signal() }
        }
        await opener.value
        for opening in openings { try await opening.value }
    }

    /// Whether the folder opens, which it does for one at a time.
    private var isFree: Bool {
        get async throws {
            do {
                try await home.open().doorstep.close()
                return true
            } catch let error as DoorstepError where error.code == "store.in_use" {
                return false
            }
        }
    }

    func testAScreenAndTheBackgroundUseOneReplica() async throws {
        let shared = SharedReplica(home)
        try await shared.use(setAside: nothingMoved) { screen in
            try await screen.setDraft("where", "三楼")
            let seen = try await shared.useKept { try await $0.draft("where") }
            equal(seen, "三楼")
            equal(try await isFree, false)
            // The app goes to the background, and the screen goes on.
            try await shared.useKept { try await $0.seal() }
            equal(try await screen.draft("where"), "三楼")
        }
        holds(try await isFree)
    }

    @MainActor
    func testAScreenUsesItOnTheMainActor() async throws {
        var shown: [String?] = []
        try await SharedReplica(home).use(setAside: nothingMoved) { phone in
            try await phone.setDraft("where", "三楼")
            shown.append(try await phone.draft("where"))
            MainActor.assertIsolated()
        }
        equal(shown, ["三楼"])
    }

    func testManyAtOnceNeverFindTheFolderTaken() async throws {
        let shared = SharedReplica(home)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<30 {
                group.addTask {
                    try await shared.use(setAside: nothingMoved) { try await $0.setDraft("\(number)", "x") }
                }
            }
            try await group.waitForAll()
        }
        holds(try await isFree)
        let kept = try await shared.useKept { phone in
            var kept = 0
            for number in 0..<30 where try await phone.draft("\(number)") != nil { kept += 1 }
            return kept
        }
        equal(kept, 30)
    }

    func testWhoFailsOrIsCancelledLetsGoOfTheFolder() async throws {
        struct Broken: Error {}
        let shared = SharedReplica(home)
        do {
            try await shared.use(setAside: nothingMoved) { _ in throw Broken() }
            XCTFail("it went on")
        } catch is Broken {
            holds(try await isFree)
        }
        let begun = expectation(description: "it uses the replica")
        let user = Task {
            try await shared.use(setAside: { _ in }) { _ in
                begun.fulfill()
                try await Task.sleep(for: .seconds(60))
            }
        }
        await fulfillment(of: [begun], timeout: 20)
        user.cancel()
        _ = await user.result
        holds(try await isFree)
    }

    func testInTheBackgroundNothingIsMadeAndNothingSetAside() async throws {
        let shared = SharedReplica(home)
        let bringsNothing = { try await shared.useKept { _ in true } == nil }
        holds(try await bringsNothing())
        equal(keychain.held, nil)
        // A secret that outlived its folder, as where an app is installed anew.
        try await written()
        let secret = keychain.held
        try FileManager.default.removeItem(at: folder)
        holds(try await bringsNothing())
        holds(!FileManager.default.fileExists(atPath: folder.path))
        // A secret that is gone.
        try await written()
        keychain.held = nil
        holds(try await bringsNothing())
        equal(try FileManager.default.contentsOfDirectory(atPath: device.path), ["doorstep"])
        equal(keychain.held, nil)
        keychain.held = secret
        holds(try await shared.useKept { _ in true } == true)
    }

    func testWhatWasSetAsideIsSaidToWhoOpened() async throws {
        try await written()
        keychain.held = nil
        let shared = SharedReplica(home)
        var moved: [URL] = []
        try await shared.use(setAside: { moved.append($0) }) { phone in
            equal(moved.map(\.lastPathComponent), ["doorstep.aside-1"])
            equal(try await phone.draft("where"), nil)
            try await shared.use(setAside: nothingMoved) { _ in }
        }
        // Nor is it said once more.
        try await shared.use(setAside: nothingMoved) { _ in }
    }

    func testAFolderThatTheAppMadeIsNothingToSetAside() async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        equal(try await draft(home).1, nil)
    }
}
