import Foundation
import Jobs

/// Every key and channel of the run log; nowhere else is one written. The keys of a run share a hash tag, so that its scripts touch
/// one slot of a cluster.
struct RunLogKeys: Sendable, Equatable {
    private let base: String

    /// - Parameter prefix: First word of every key.
    init(run: UUID, prefix: String) {
        base = "\(prefix):{run:\(run.lowercased)}"
    }

    /// The stream of events.
    var log: String { "\(base):log" }
    /// What is known of the run before and beside its events: `workspace`, `accepted` (ms), `life` (the memory that it was announced to),
    /// `epoch`, `shown` (µs of the first event, 0 where nobody said), `ended` (id of the terminal), `anchor` and `reach`
    /// (``RunLogStanding``), `answering` and `previous` (``RunAsked``).
    var meta: String { "\(base):meta" }
    /// Where events are announced.
    var channel: String { "\(base):live" }

    /// Where cancellations and results are announced to all workers: see ``RunNotice``.
    static func control(prefix: String) -> String { "\(prefix):runs:control" }
}
