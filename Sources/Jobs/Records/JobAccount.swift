package import Foundation

/// Everything that is known of one job: what it is, where it stands, and what happened to it.
package struct JobAccount: Sendable {
    /// The worker that ended a job.
    package struct Worker: Sendable, Hashable {
        package let id: UUID
        /// Nil for a worker whose row is gone.
        package let name: String?
        package let host: String?
    }

    package let key: JobName
    /// The workspace's name in URLs; nil when there is no such workspace.
    package let slug: String?
    package let kind: String
    /// Of the payload, where it is known.
    package let version: Int?
    package let queue: String?
    package let state: JobStatus.State
    /// Attempts that have ended.
    package let attempts: Int
    package let error: String?
    /// UTF-8 JSON, of a job that is done.
    package let result: [UInt8]?
    package let acceptedAt: Date
    package let finishedAt: Date?
    /// When it is due, of one that waits for its time or its retry.
    package let dueAt: Date?
    package let worker: Worker?
    /// What its handler told last, of a long job that runs: from 0 to 1, and a few words.
    package let progress: Double?
    package let note: String?
    package let traceID: String?
    package let cancelRequestedAt: Date?
    /// Accepted, and nobody has confirmed yet that Redis has it: a relay looks after that.
    package let isUnderWay: Bool
    /// What was done about its dead letter; nil when it has none.
    package let letter: DeadLetterState?
    /// False when Redis did not answer: then retries and times are not known.
    package let isQueueKnown: Bool
    /// Oldest first.
    package let events: [JobEvent]

    /// Nil when nobody knows such a job.
    init?(_ key: JobName, facts: JobFacts, letter: DeadLetter?, trace: StatusNotes.Trace?) {
        let accepted = facts.acceptance
        let kinds = [facts.outcome?.kind, facts.running?.kind, accepted?.kind, trace?.accepted?.kind, letter?.kind]
        let times = [accepted?.acceptedAt, facts.outcome?.acceptedAt, facts.running?.acceptedAt, trace?.accepted?.at, letter?.acceptedAt]
        guard let kind = kinds.compactMap({ $0 }).first, let acceptedAt = times.compactMap({ $0 }).first else { return nil }
        self.key = key
        self.kind = kind
        self.acceptedAt = acceptedAt
        slug = facts.slug
        version = accepted?.version ?? letter?.version
        queue = accepted?.queue ?? letter?.queue ?? trace?.queue
        state = Self.state(facts, letter: letter, note: trace?.note)
        attempts = facts.outcome?.attempts ?? trace?.note?.attempts ?? facts.running?.attempts ?? letter?.attempts ?? 0
        error = facts.outcome?.error ?? trace?.note?.error ?? (letter?.state == .open ? letter?.error : nil)
        result = facts.outcome?.result
        finishedAt = facts.outcome?.finishedAt
        dueAt = trace?.dueAt
        worker = facts.worker
        progress = facts.outcome == nil ? trace?.progress?.progress : nil
        note = facts.outcome == nil ? trace?.progress?.note : nil
        traceID = (accepted?.trace ?? letter?.trace).map { String($0.traceID) }
        cancelRequestedAt = facts.cancelRequestedAt
        isUnderWay = facts.outcome == nil && accepted?.isUnderWay == true
        self.letter = letter?.state
        isQueueKnown = facts.outcome != nil || trace != nil
        events = JobEvent.story(acceptedAt: acceptedAt, facts: facts, letter: letter, trace: trace)
    }

    private static func state(_ facts: JobFacts, letter: DeadLetter?, note: StatusNotes.Note?) -> JobStatus.State {
        if let outcome = facts.outcome { return outcome.state }
        if facts.running != nil { return .running }
        if note != nil { return .retrying }
        // Retention took what there was of a job that nobody has replayed.
        if facts.acceptance == nil, let letter, letter.state != .replayed { return .dead }
        return .queued
    }
}
