// Where calls run: writes in one queue, in the order in which they were called; the rest beside it. No
// call of the library runs on a thread of Swift's own pool. What a call means is not known here.

import Dispatch
import DoorstepGenerated
import Foundation

final class Work: Sendable {
    /// The handle, until the replica is closed: then it is freed at once.
    private let core: Locked<Core?>

    /// Nobody may join any more.
    private let isClosing = Locked(false)

    private let writes = DispatchQueue(label: "cn.doorstep.writes", qos: .userInitiated)

    private let reads = DispatchQueue(label: "cn.doorstep.reads", qos: .userInitiated, attributes: .concurrent)

    init(_ core: Core) {
        self.core = Locked(core)
    }

    /// Joins the queue before it suspends for the first time. Cancelling the caller ends the waiting, never
    /// the write.
    func write<T: Sendable>(
        _ isolation: isolated (any Actor)?,
        _ act: @escaping @Sendable (Core) throws -> T
    ) async throws -> T {
        let waiting = Waiting<T>()
        try isClosing.with { isClosing in
            if isClosing { throw DoorstepError.closed }
            writes.async { waiting.end(Result { try self.ask(act) }) }
        }
        return try await waiting.value(isolation)
    }

    /// Asks beside the queue. A caller that is cancelled waits no longer.
    func read<T: Sendable>(
        _ isolation: isolated (any Actor)?,
        _ act: @escaping @Sendable (Core) throws -> T
    ) async throws -> T {
        try Task.checkCancellation()
        let waiting = Waiting<T>()
        reads.async { waiting.end(Result { try self.ask(act) }) }
        return try await waiting.value(isolation)
    }

    /// Lets nobody join any more, and ends the replica after those who stand in the queue. Whoever waits is
    /// not cancelled.
    func close(_ isolation: isolated (any Actor)?) async throws {
        isClosing.with { $0 = true }
        let ended: Result<Void, any Error> = await withCheckedContinuation(isolation: isolation) { waiting in
            writes.async {
                let core = self.core.with { core in
                    defer { core = nil }
                    return core
                }
                waiting.resume(returning: Result { try core.map { core in try ownErrors { try core.shutdown() } } ?? () })
            }
        }
        try ended.get()
    }

    /// Asks the handle, on this thread.
    func ask<T>(_ act: (Core) throws -> T) throws -> T {
        guard let core = core.with({ $0 }) else { throw DoorstepError.closed }
        return try ownErrors { try act(core) }
    }
}

/// Blocking work of no handle, on a thread of its own.
func aside<T: Sendable>(
    _ isolation: isolated (any Actor)?,
    _ act: @escaping @Sendable () throws -> T
) async throws -> T {
    let waiting = Waiting<T>()
    DispatchQueue(label: "cn.doorstep.aside", qos: .userInitiated).async {
        waiting.end(Result { try ownErrors(act) })
    }
    return try await waiting.value(isolation)
}

/// What is awaited: it ends once, with what came or because its waiter was cancelled.
final class Waiting<T: Sendable>: Sendable {
    private enum State {
        case begun
        case awaited(CheckedContinuation<T, any Error>)
        case ended(Result<T, any Error>)
        case told
    }

    private let state = Locked(State.begun)

    /// Ends it, if it has not ended.
    func end(_ result: Result<T, any Error>) {
        let waiter: CheckedContinuation<T, any Error>? = state.with { state in
            switch state {
            case .begun:
                state = .ended(result)
                return nil
            case .awaited(let waiter):
                state = .told
                return waiter
            case .ended, .told:
                return nil
            }
        }
        waiter?.resume(with: result)
    }

    /// What came. Asked once.
    func value(_ isolation: isolated (any Actor)?) async throws -> T {
        try await withTaskCancellationHandler(
            operation: {
                try await withCheckedThrowingContinuation(isolation: isolation) { waiter in
                    let ended: Result<T, any Error>? = state.with { state in
                        if case .ended(let result) = state {
                            state = .told
                            return result
                        }
                        state = .awaited(waiter)
                        return nil
                    }
                    if let ended { waiter.resume(with: ended) }
                }
            },
            onCancel: { end(.failure(CancellationError())) },
            isolation: isolation
        )
    }
}

/// A value that one thread at a time holds.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func with<T>(_ act: (inout Value) throws -> T) rethrows -> T {
        lock.lock()
        defer { lock.unlock() }
        return try act(&value)
    }
}
