// One open replica for everything in a process that wants it: a folder opens once.

import Foundation

/// The replica of an app, open while anybody in the process uses it: a screen, the button, the background.
/// Keep one in the app.
///
/// ```swift
/// .task {
///     do {
///         try await replica.use(setAside: { lost = $0 }) { phone in
///             for await _ in phone.changes() { today = try await phone.today() }
///         }
///     } catch { failed = error }
/// }
/// ```
///
/// Never ``Doorstep/pause(isolation:)`` it: every other user would fail, and a screen end. When the app goes
/// to the background, ``Doorstep/seal(isolation:)`` is enough.
///
/// A block that fails leaves with its own error. One that is through leaves with that of closing, where the
/// last user's closing fails, such as on a full disk: what its calls returned as saved is saved.
public final class SharedReplica: Sendable {
    private let users: Users

    /// The replica of a home. Nothing is opened yet.
    public init(_ home: ReplicaHome) {
        users = Users(home)
    }

    /// Runs `block` with the replica: the first user opens it, the last one closes it, whatever happens in
    /// the block. A screen uses it as long as it is shown.
    ///
    /// - Parameters:
    ///   - setAside: Hears where an earlier replica was moved whose secret is gone, and counts as told once it
    ///     returns; see ``ReplicaHome/Opened/setAside``.
    ///   - isolation: Never given: the block runs where its caller is.
    ///   - block: What is done with it.
    /// - Throws: As ``ReplicaHome/open()``, what the block throws, or as ``Doorstep/close(isolation:)``.
    public func use<R: Sendable>(
        setAside: (URL) -> Void,
        isolation: isolated (any Actor)? = #isolation,
        _ block: (Doorstep) async throws -> R
    ) async throws -> R {
        guard let joined = try await users.join({ try await $0.open() }) else {
            preconditionFailure("open() opens or throws")
        }
        if let moved = joined.setAside {
            setAside(moved)
            await joined.told()
        }
        return try await using(joined.doorstep, isolation, block)
    }

    /// The same in the background: what is there is used, nothing is made and nothing set aside.
    ///
    /// - Returns: `nil` where there is no replica, or its secret is gone.
    /// - Throws: As ``ReplicaHome/openKept()``, what the block throws, or as ``Doorstep/close(isolation:)``.
    @discardableResult
    public func useKept<R: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ block: (Doorstep) async throws -> R
    ) async throws -> R? {
        let joined = try await users.join { home in
            try await home.openKept().map { ReplicaHome.Opened(doorstep: $0, setAside: nil) }
        }
        guard let joined else { return nil }
        return try await using(joined.doorstep, isolation, block)
    }

    private func using<R: Sendable>(
        _ replica: Doorstep,
        _ isolation: isolated (any Actor)?,
        _ block: (Doorstep) async throws -> R
    ) async throws -> R {
        let result: R
        do {
            result = try await block(replica)
        } catch {
            try? await users.leave()
            throw error
        }
        try await users.leave()
        return result
    }
}

/// Who uses a replica. Joining and leaving wait for each other in their order: whoever opens next waits
/// until the folder is let go of. Cancelling a user ends neither.
private actor Users {
    typealias Opened = ReplicaHome.Opened

    private let home: ReplicaHome
    private var held: Doorstep?
    private var count = 0
    private var last: Task<Void, Never>?

    init(_ home: ReplicaHome) {
        self.home = home
    }

    /// Joins those who use what is open, or opens it. `nil`: nothing could be opened.
    func join(_ open: @escaping @Sendable (ReplicaHome) async throws -> Opened?) async throws -> Opened? {
        let before = last
        let joining = Task {
            await before?.value
            let joined = if let held { Opened(doorstep: held, setAside: nil) } else { try await open(home) }
            if joined != nil { count += 1 }
            held = joined?.doorstep
            return joined
        }
        last = Task { _ = await joining.result }
        return try await joining.value
    }

    /// Leaves. The last one closes.
    func leave() async throws {
        let before = last
        let leaving = Task {
            await before?.value
            count -= 1
            guard count == 0 else { return }
            let replica = held
            held = nil
            try await replica?.close()
        }
        last = Task { _ = await leaving.result }
        try await leaving.value
    }
}
