import Logging
import Redis

/// Moves jobs that are due from the later set to the ready stream. Every worker runs it; the script makes one of them
/// do the work.
struct Promoter: Sendable {
    let queue: Queue
    let draining: Signal
    let clock: any Clock<Duration>
    let logger: Logger

    /// A job that is due waits at most this long, when another worker added it after this one had looked.
    static let longestWait = Duration.milliseconds(500)

    func run() async {
        var wait = Duration.zero
        while await draining.isQuiet(for: wait, clock: clock) {
            do {
                let (moved, next) = try await queue.promote()
                wait = moved > 0 ? .zero : max(.milliseconds(5), min(next ?? Self.longestWait, Self.longestWait))
            } catch {
                logger.debug("due jobs could not be moved", metadata: ["partition": "\(queue.partition)", "error": "\(error)"])
                wait = Self.longestWait
            }
        }
    }
}
