// Why a call did not do what it was asked. The kinds are closed; the codes are open: a newer office may
// send one that is unknown here, and its words come with it.

import DoorstepGenerated
import Foundation

/// Why a call did not do what it was asked.
///
/// Show ``zh`` or ``en`` to the person. Every ``Kind-swift.enum`` says what became of the work; none of
/// them loses any.
public struct DoorstepError: Error, Hashable, Sendable {
    /// What became of the work.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The request breaks a rule; nothing was written.
        case refused
        /// An argument does not have its form; nothing was done.
        case badArgument
        /// The named thing is not in this replica.
        case notFound
        /// This replica belongs to nobody yet.
        case notEnrolled
        /// Closed, or paused and not resumed.
        case closed
        /// The request id stands for another write.
        case requestReused
        /// The store cannot be used. Nothing was deleted; ``Doorstep/rescue(_:key:to:invitation:isolation:)``
        /// takes out what is readable.
        case store
        /// The office's or a peer's bytes are not its word; nothing was taken from them.
        case peer
        /// A fault of the library: the call broke off. What was returned as saved is saved.
        case broken
    }

    /// What became of the work.
    public let kind: Kind

    private let problem: Problem

    /// Key of the message catalogue, for ever the same.
    public var code: String { problem.code }

    /// The same call may work later without anybody changing anything.
    public var isRetryable: Bool { problem.retryable }

    /// The words for the person, Chinese.
    public var zh: String { problem.zh }

    /// The words for the person, English.
    public var en: String { problem.en }

    /// What the words name, by its name in the message.
    public var details: [String: String] {
        Dictionary(problem.details.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    }

    init(_ error: CoreError) {
        switch error {
        case .Refused(let problem): (kind, self.problem) = (.refused, problem)
        case .BadArgument(let problem): (kind, self.problem) = (.badArgument, problem)
        case .NotFound(let problem): (kind, self.problem) = (.notFound, problem)
        case .NotEnrolled(let problem): (kind, self.problem) = (.notEnrolled, problem)
        case .Closed(let problem): (kind, self.problem) = (.closed, problem)
        case .RequestReused(let problem): (kind, self.problem) = (.requestReused, problem)
        case .Store(let problem): (kind, self.problem) = (.store, problem)
        case .Peer(let problem): (kind, self.problem) = (.peer, problem)
        case .Broken(let problem): (kind, self.problem) = (.broken, problem)
        }
    }

    private init(_ kind: Kind, code: String) {
        self.kind = kind
        let words = Doorstep.words(code)
        problem = Problem(code: code, retryable: false, zh: words.zh, en: words.en, details: [])
    }

    /// What a call on a closed replica throws.
    static var closed: DoorstepError { DoorstepError(.closed, code: "call.closed") }
}

extension DoorstepError: LocalizedError {
    /// The words in the language of the phone: Chinese, or else English.
    public var errorDescription: String? {
        Locale.preferredLanguages.first?.hasPrefix("zh") == true ? zh : en
    }
}

extension DoorstepError: CustomStringConvertible {
    /// The English words with the code.
    public var description: String { "\(en) (\(code))" }
}

/// Errors of the generated code leave as errors of this library.
func ownErrors<T>(_ act: () throws -> T) throws -> T {
    do {
        return try act()
    } catch let error as CoreError {
        throw DoorstepError(error)
    }
}
