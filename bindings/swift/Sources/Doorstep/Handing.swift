// Exchanges step by step, as bytes that the app carries.

import DoorstepGenerated
import Foundation

/// One exchange with the office between its steps. A new one may begin at any time.
public final class Exchange: Sendable {
    private let work: Work
    private let core: CoreExchange

    init(_ work: Work, _ core: CoreExchange) {
        self.work = work
        self.core = core
    }

    /// One step: without a reply it begins, and everything pending is sealed. A lost reply costs nothing
    /// but the way.
    ///
    /// - Throws: ``DoorstepError`` of kind `peer`: the reply is not the office's word; nothing was taken
    ///   from it.
    public func step(_ reply: Data? = nil, isolation: isolated (any Actor)? = #isolation) async throws -> Step {
        try await work.read(isolation) { [core] _ in try core.syncStep(reply: reply) }
    }
}

/// An exchange with another phone: bytes in, bytes out, over whatever carries them.
public final class PeerTalk: Sendable {
    private let work: Work
    private let core: CorePeerExchange

    init(_ work: Work, _ core: CorePeerExchange) {
        self.work = work
        self.core = core
    }

    /// Takes what was heard, in any portions, and tells what to send. Who begins has heard nothing.
    public func step(_ heard: Data? = nil, isolation: isolated (any Actor)? = #isolation) async throws -> PeerStep {
        try await work.read(isolation) { [core] _ in try core.step(incoming: heard) }
    }
}
