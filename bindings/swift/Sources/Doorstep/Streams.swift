// What is followed: the numbers of changes, the lines of the log. Each stream ends with the replica, and
// when whoever follows it stops.

import DoorstepGenerated
import Foundation

extension Doorstep {
    /// The number of the last change at once, then whenever something changed, until the replica is closed:
    /// a screen asks anew at each. Changes that come together are told once. Takes no thread between.
    ///
    /// Each call gives a stream of its own. It ends at once on a closed replica; cancelling the task that
    /// follows it, or dropping it, ends it too. A pause does not.
    public func changes() -> AsyncStream<UInt64> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { stream in
            let following = Task { [work] in
                defer { stream.finish() }
                let begun = try? await work.read(nil) { core in (try core.changes(), try core.change()) }
                guard let (changes, first) = begun else { return }
                // Cancelling a task does not reach the library: it is told.
                await withTaskCancellationHandler {
                    stream.yield(first)
                    while let change = try? await changes.next() { stream.yield(change) }
                } onCancel: {
                    try? changes.cancel()
                }
            }
            stream.onTermination = { _ in following.cancel() }
        }
    }

    /// The lines of the log as they come, looked for every `interval`, until the replica is closed. A line
    /// is told once: one stream, or ``takeLog(most:isolation:)``, has it. A pause does not end it: the log
    /// answers then too.
    public func log(every interval: Duration = .seconds(1)) -> AsyncStream<LogLine> {
        AsyncStream { stream in
            let following = Task { [weak self] in
                defer { stream.finish() }
                while !Task.isCancelled {
                    guard let lines = try? await self?.takeLog() else { return }
                    lines.lines.forEach { stream.yield($0) }
                    if lines.lines.count < Doorstep.lines { try? await Task.sleep(for: interval) }
                }
            }
            stream.onTermination = { _ in following.cancel() }
        }
    }
}
