// Where an app keeps a replica and the secret that opens it. What keeps the secret (the Keychain) is the
// app's; nothing here knows it.

import DoorstepGenerated
import Foundation

/// Keeps one secret where backups of the device do not go. On Apple's systems: a Keychain item that is
/// `kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly`, so that work in the background goes on; the article
/// <doc:Apple> has it.
public protocol SecretStore: Sendable {
    /// The secret; `nil` where none is kept. Throws where it cannot be told now, such as before the phone is
    /// unlocked for the first time.
    func secret() throws -> Data?

    /// Keeps a secret, in place of any other.
    func keep(_ secret: Data) throws
}

/// A folder with a replica, whose secret a ``SecretStore`` keeps: the key of the database, 32 random bytes,
/// and the installation's marker.
public struct ReplicaHome: Sendable {
    private let folder: URL
    private let store: any SecretStore
    private let encrypts: Bool

    /// What opening came to.
    public struct Opened: Sendable {
        /// The replica. It is enrolled anew where something was set aside.
        public let doorstep: Doorstep

        /// Where an earlier replica was moved, untouched, because its secret is gone. Tell the person: what
        /// it held and had not sent is not readable on this device. Every opening says it until ``told()``;
        /// of several the first comes first.
        public let setAside: URL?

        /// The person was told of ``setAside``: no later opening says it. Where that cannot be kept, the next
        /// one says it again.
        public func told() async {
            guard let setAside else { return }
            try? await toItsEnd { try FileManager.default.removeItem(at: ReplicaHome.untold(in: setAside)) }
        }
    }

    /// A home in a folder.
    ///
    /// - Parameters:
    ///   - folder: For the replica alone.
    ///   - store: What keeps its secret.
    ///   - encrypts: Whether the library encrypts: the shipped one does.
    public init(_ folder: URL, _ store: any SecretStore, encrypts: Bool = true) {
        self.folder = folder
        self.store = store
        self.encrypts = encrypts
    }

    /// Opens the replica, or makes it with a new secret. The folder is left out of the device's backups.
    ///
    /// A store that cannot tell is asked again; if it still cannot, its error is thrown and everything stays
    /// as it is. Where it has no secret, or another one, a replica that is there is set aside and a new one
    /// made.
    ///
    /// - Throws: ``DoorstepError``, or what the store throws.
    public func open() async throws -> Opened {
        let kept = try await secret()
        let (secret, setAside) = try await toItsEnd {
            if kept == nil, holdsSomething { try move() }
            return (try kept ?? made(), untold)
        }
        return try await Opened(doorstep: opened(secret), setAside: setAside)
    }

    /// Opens the replica that is there; `nil` where there is none, or its secret is gone. Makes nothing and
    /// sets nothing aside: for the background, where nobody would be told.
    ///
    /// - Throws: As ``open()``.
    public func openKept() async throws -> Doorstep? {
        // A secret outlives its folder where an app is installed anew.
        guard try await toItsEnd({ holdsSomething }), let kept = try await secret() else { return nil }
        return try await opened(kept)
    }

    private func opened(_ secret: Data) async throws -> Doorstep {
        try await toItsEnd { try prepare() }
        let key = encrypts ? secret.prefix(ReplicaHome.key) : nil
        return try await Doorstep.open(folder, key: key, marker: secret.suffix(ReplicaHome.marker))
    }

    private var holdsSomething: Bool {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.isEmpty == false
    }

    /// The secret; `nil` where there is none of ours.
    private func secret() async throws -> Data? {
        for trial in 1...ReplicaHome.tries {
            do {
                let secret = try await toItsEnd { try store.secret() }
                return secret?.count == ReplicaHome.key + ReplicaHome.marker ? secret : nil
            } catch {
                if trial == ReplicaHome.tries { throw error }
                try await Task.sleep(for: ReplicaHome.pause)
            }
        }
        return nil
    }

    /// A new secret, kept before anything is encrypted with it.
    private func made() throws -> Data {
        var random = SystemRandomNumberGenerator()
        let secret = Data((0..<(ReplicaHome.key + ReplicaHome.marker)).map { _ in UInt8.random(in: 0...255, using: &random) })
        try store.keep(secret)
        return secret
    }

    private func prepare() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #if canImport(Darwin)
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            var folder = folder
            try folder.setResourceValues(values)
        #endif
        #if os(iOS)
            try FileManager.default.setAttributes(
                [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication],
                ofItemAtPath: folder.path
            )
        #endif
    }

    /// Moves everything beside the folder, under the first name that is free. That nobody was told moves
    /// along, since what comes after may fail.
    private func move() throws {
        try Data().write(to: ReplicaHome.untold(in: folder))
        let parent = folder.deletingLastPathComponent()
        for number in 1... {
            let aside = parent.appendingPathComponent("\(asideName)\(number)")
            if !FileManager.default.fileExists(atPath: aside.path) {
                return try FileManager.default.moveItem(at: folder, to: aside)
            }
        }
    }

    /// The first that was set aside and that nobody was told of.
    private var untold: URL? {
        let parent = folder.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
        let numbers = names.filter { $0.hasPrefix(asideName) }.compactMap { Int($0.dropFirst(asideName.count)) }
        return numbers.sorted().map { parent.appendingPathComponent("\(asideName)\($0)") }
            .first { FileManager.default.fileExists(atPath: ReplicaHome.untold(in: $0).path) }
    }

    private var asideName: String { "\(folder.lastPathComponent).aside-" }

    private static func untold(in folder: URL) -> URL {
        folder.appendingPathComponent("untold")
    }

    /// Bytes of the key and of the marker.
    private static let key = 32
    private static let marker = 32

    private static let tries = 3
    private static let pause = Duration.milliseconds(200)
}

/// Blocking work, waited for also by whoever is cancelled: nobody after them finds it half done.
private func toItsEnd<T: Sendable>(_ act: @escaping @Sendable () throws -> T) async throws -> T {
    try await Task { try await aside(nil, act) }.value
}
