package import Foundation

/// What was done about a dead letter.
package enum DeadLetterState: String, Sendable, Hashable, CaseIterable {
    /// Nothing yet.
    case open
    /// Its job was accepted again and has not died since.
    case replayed
    /// It was taken off the list, for good.
    case discarded

    init(replayedAt: Date?, discardedAt: Date?) {
        self = discardedAt != nil ? .discarded : replayedAt != nil ? .replayed : .open
    }
}

/// A job that will not be tried again by itself, with everything that is needed to understand or replay it.
package struct DeadLetter: Sendable {
    /// The kind of entries that could not be read: they are kept to be looked at, and are no jobs.
    static let unreadable = "unreadable"

    package let id: UUID
    package let workspace: UUID
    package let kind: String
    package let version: Int
    package let queue: String
    package let attempts: Int
    /// Stable, for grouping.
    package let code: String
    package let error: String
    /// UTF-8 JSON: the failures before the last one, oldest first, those before a replay among them. `failures` is all of
    /// them, read.
    package let history: [UInt8]
    package let body: [UInt8]
    /// Of the request that it came from; a replay goes on under it.
    package let trace: TraceParent?
    package let acceptedAt: Date
    package let diedAt: Date
    package let replayedAt: Date?
    package let discardedAt: Date?
    package let discardedBy: String?
    /// Oldest first.
    package let replays: [DeadLetterReplay]

    package var key: JobName { JobName(workspace: workspace, id: id) }
    package var state: DeadLetterState { DeadLetterState(replayedAt: replayedAt, discardedAt: discardedAt) }

    /// Every failed attempt, oldest first; the last one is what the job died of.
    package var failures: [FailedAttempt] { DeadLetterHistory(json: history).failures + [death] }

    /// The attempt that the job died of.
    var death: FailedAttempt {
        // A letter that was replayed tells of the life before.
        let generation = state == .replayed ? max(0, replays.count - 1) : replays.count
        return FailedAttempt(attempt: attempts, generation: generation, at: diedAt, code: code, error: error)
    }
}

/// A dead letter as lists show it: without its body and its history.
package struct DeadLetterLine: Sendable, Hashable {
    package let key: JobName
    package let kind: String
    package let queue: String
    package let attempts: Int
    package let code: String
    /// The first 2,000 characters.
    package let error: String
    package let acceptedAt: Date
    package let diedAt: Date
    package let state: DeadLetterState
    /// How often it was replayed.
    package let replays: Int
}

/// Dead letters of one kind and code.
package struct DeadLetterGroup: Sendable, Hashable {
    package let kind: String
    package let code: String
    package let count: Int
    /// When the first and the last of them died.
    package let oldest: Date
    package let newest: Date
}

/// Which dead letters are meant. What is nil does not matter; all that is given must hold.
package struct DeadLetterFilter: Sendable, Hashable {
    package var kind: String?
    package var code: String?
    package var queue: String?
    package var workspace: UUID?
    /// Those that died then or later.
    package var since: Date?
    /// Those that died before.
    package var until: Date?
    /// Those whose error holds this text, in any case of its letters.
    package var text: String?
    package var states: Set<DeadLetterState> = [.open]
    /// Leaves out entries that could not be read: they cannot be replayed.
    package var jobsOnly = false

    package init() {}
}
