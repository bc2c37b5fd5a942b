// Whole exchanges with the office, within a budget, for the background and the button.

import DoorstepGenerated
import Foundation

/// What one run may use. `nil` is without limit.
public struct SyncBudget: Hashable, Sendable {
    /// Wall time of the whole run; what is on its way then is cut, which costs nothing but the way.
    public var time: Duration?

    /// Bytes up and down, without HTTP. Counted before each request after the first two, so that every run
    /// gets on: a phone whose clock is in doubt needs one to prove it. A reply has at most 4 MiB.
    public var bytes: Int?

    /// A budget.
    public init(time: Duration? = nil, bytes: Int? = nil) {
        self.time = time
        self.bytes = bytes
    }
}

/// How far a run has come.
public struct SyncProgress: Hashable, Sendable {
    /// Replies taken.
    public let roundTrips: Int

    /// Bytes up and down, without HTTP.
    public let bytes: Int

    /// So far.
    public init(roundTrips: Int, bytes: Int) {
        self.roundTrips = roundTrips
        self.bytes = bytes
    }
}

/// How a run ended that did not throw.
public enum SyncOutcome: Hashable, Sendable {
    /// Nothing is left to exchange: what the exchange brought.
    case done(Summary)

    /// The budget is used up and work is left: how far it came. The next run goes on from here.
    case spent(SyncProgress)
}

/// Exchanges with the office over a link. Every run begins where the last one ended, whatever ended it:
/// done, spent, cut or cancelled.
public struct SyncRunner: Sendable {
    /// Requests of a run, whatever its budget.
    private static let always = 2

    private let doorstep: Doorstep
    private let link: any OfficeLink

    /// A runner for a replica over a link.
    public init(_ doorstep: Doorstep, _ link: any OfficeLink) {
        self.doorstep = doorstep
        self.link = link
    }

    /// One run. `told` hears after each reply how far it has come.
    ///
    /// - Throws: ``LinkError``: no reply came. ``DoorstepError``: the replica refuses, such as of kind
    ///   `notEnrolled`. `CancellationError`: the caller was cancelled; the connection is cut at once.
    @discardableResult
    public func run(
        _ budget: SyncBudget = SyncBudget(),
        told: @escaping @Sendable (SyncProgress) -> Void = { _ in }
    ) async throws -> SyncOutcome {
        guard let time = budget.time else { return try await exchange(budget.bytes, told) }
        let progress = Locked(SyncProgress(roundTrips: 0, bytes: 0))
        return try await withThrowingTaskGroup(of: SyncOutcome?.self) { group in
            group.addTask {
                try await exchange(budget.bytes) { now in
                    progress.with { $0 = now }
                    told(now)
                }
            }
            group.addTask {
                try await Task.sleep(for: time)
                return nil
            }
            defer { group.cancelAll() }
            let first = try await group.next() ?? nil
            return first ?? .spent(progress.with { $0 })
        }
    }

    private func exchange(_ most: Int?, _ told: @Sendable (SyncProgress) -> Void) async throws -> SyncOutcome {
        let office = try await doorstep.officeAddress()
        let exchange = try await doorstep.exchange()
        var progress = SyncProgress(roundTrips: 0, bytes: 0)
        var step = try await exchange.step()
        while true {
            switch step {
            case .done(let summary):
                return .done(summary)
            case .send(let request):
                let after = progress.bytes + request.count
                if let most, after > most, progress.roundTrips >= SyncRunner.always { return .spent(progress) }
                let reply = try await link.carry(request, to: office)
                step = try await exchange.step(reply)
                progress = SyncProgress(roundTrips: progress.roundTrips + 1, bytes: after + reply.count)
                told(progress)
            }
        }
    }
}
