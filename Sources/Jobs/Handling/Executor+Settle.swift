import Foundation
import Logging
import Postgres
import Redis

extension Executor {
    /// Leaves out jobs that have an outcome, and acknowledges them. Only copies that may have been seen before are
    /// looked up: a fresh entry cannot have one.
    func unfinished(_ entries: [Entry], in queue: Queue) async throws -> [Entry] {
        guard entries.indices.contains(where: { entries[$0].envelope.marks.contains(.seen) }) else { return entries }
        let suspects = entries.filter { $0.envelope.marks.contains(.seen) }
        let found = try await patiently("outcomes") {
            try await outcomes.finished(workspaces: Array(Set(suspects.map(\.envelope.workspace))), jobs: suspects.map(\.envelope.id))
        }
        guard let found else { return [] }
        guard !found.isEmpty else { return entries }
        try await acknowledge(entries.filter { found[$0.envelope.id] != nil }, as: "repeated", in: queue)
        return entries.filter { found[$0.envelope.id] == nil }
    }

    /// One job's attempt ended otherwise than by a commit.
    func settle(_ entry: Entry, _ failure: Failure, _ error: any Error, policy: RetryPolicy, in queue: Queue) async throws {
        var state = JobState(attempt: entry.envelope.attempt)
        state.begin()
        var generator = SystemRandomNumberGenerator()
        let action: JobState.Action
        var code = "failed"
        switch failure {
        case .failed(let permanent, let found):
            code = found
            action = state.attemptEnded(.failed(permanent: permanent), policy: policy, using: &generator)
        case .ofOtherRelease(let reason):
            code = reason.rawValue
            action = state.attemptEnded(.ofOtherRelease(refused: await refused(entry, in: queue)), policy: policy, using: &generator)
        case .alreadyFinished:
            action = state.attemptEnded(.alreadyFinished(.done), policy: policy, using: &generator)
        case .storeUnavailable:
            action = state.attemptEnded(.storeUnavailable, policy: policy, using: &generator)
        case .cancelled where !Task.isCancelled && !draining.isRaised:
            // Nobody asked this job to stop: the handler's own cancellation is its failure.
            code = "cancelled"
            action = state.attemptEnded(.failed(permanent: false), policy: policy, using: &generator)
        case .cancelled:
            action = state.attemptEnded(.drained, policy: policy, using: &generator)
        case .fenced:
            action = state.attemptEnded(.fenced, policy: policy, using: &generator)
        }
        switch action {
        case .acknowledge:
            try await acknowledge([entry], as: "repeated", in: queue)
        case .retry(let delay, let next):
            try await postpone(entry, nextAttempt: next, after: delay.stretched(by: error), code: code, error: error, in: queue)
        case .bury:
            try await bury(entry, code: code, error: Self.death(of: failure, error), in: queue)
        case .tryAgainInPlace, .handBack:
            // It stays pending for this worker: handed back when the worker leaves, taken over when it dies.
            logger.notice("a job goes back to its queue", metadata: ["job": "\(entry.envelope.id.lowercased)", "error": "\(error)"])
        case .abandon:
            throw error
        }
    }

    /// An entry that is no job of ours: kept for a person to look at, under no workspace.
    func bury(_ unreadable: Entry.Unreadable, in queue: Queue) async throws {
        guard unreadable.fault != "deleted" else { return try await acknowledge([unreadable.finished], as: "repeated", clearing: [], in: queue) }
        let envelope = Envelope(
            id: .version7(), workspace: UUID(high: 0, low: 0), kind: "unreadable", version: 1, acceptedAt: Int64(Date().timeIntervalSince1970 * 1000),
            body: unreadable.header + [0x0a] + unreadable.body)
        let kept = try await patiently("dead letters") {
            try await letters.bury(
                envelope, queue: queue.partition.queue, code: "unreadable", error: unreadable.fault, history: Array("[]".utf8), worker: worker,
                mayOwnRow: false)
        }
        guard kept != nil else { return }
        logger.error("an entry could not be read", metadata: ["entry": "\(unreadable.key)", "fault": "\(unreadable.fault)"])
        try await acknowledge([unreadable.finished], as: "dead", clearing: [], in: queue)
    }

    /// Whether the outcome of such a job may be a row of its own: that of a kind which this worker does not know may be.
    func mayOwnRows(_ kind: String) -> Bool { registry.runner(for: kind)?.kind.outcome != .outcomes }

    func bury(_ entry: Entry, code: String, error: any Error, in queue: Queue) async throws {
        guard let entry = try await withBodies([entry]).first else { return }
        let history = await failureNote(of: entry, in: queue)?.history ?? []
        let encoded = (try? JSONEncoder().encode(history)).map { Array($0) } ?? Array("[]".utf8)
        let isBuried = try await patiently("dead letters") {
            do {
                return try await letters.bury(
                    entry.envelope, queue: queue.partition.queue, code: code, error: "\(error)", history: encoded, worker: worker,
                    mayOwnRow: mayOwnRows(entry.envelope.kind))
            } catch let fault where Failure(fault) == .alreadyFinished {
                return false
            }
        }
        guard let isBuried else { return }
        // Another delivery of the same job came to an end first; its outcome stands.
        guard isBuried else { return try await acknowledge([entry], as: "repeated", in: queue) }
        logger.error(
            "a job is dead",
            metadata: [
                "job": "\(entry.envelope.id.lowercased)", "kind": "\(entry.envelope.kind)", "attempts": "\(entry.envelope.attempt)",
                "code": "\(code)",
                "error": "\(error)", "trace_id": "\(entry.envelope.trace?.traceID ?? "-")",
            ])
        Measures.finished(entry.envelope.kind, "dead", count: 1, seconds: nil)
        try await acknowledge([entry.finished], as: "dead", clearing: [entry.envelope.id], in: queue)
    }

    func postpone(_ entry: Entry, nextAttempt: Int, after delay: Duration, code: String, error: any Error, in queue: Queue) async throws {
        let earlier = await failureNote(of: entry, in: queue)
        let text = String("\(error)".withoutNUL.prefix(2000))
        let failure = StatusNotes.Note.Failure(
            attempt: entry.envelope.attempt, error: text, code: code, at: Int64(Date().timeIntervalSince1970 * 1000))
        // An attempt that is made again does not count as one that has ended.
        let note = StatusNotes.Note(after: earlier, failure, attempts: nextAttempt - 1)
        var envelope = entry.envelope
        envelope.attempt = nextAttempt
        envelope.marks.insert(.seen)
        if envelope.marks.contains(.stored) { envelope.body = [] }
        let encoded = (try? JSONEncoder().encode(note)).map { Array($0) } ?? []
        let moved: Void? = try await patiently("retry") {
            try await queue.postpone([.init(entry: entry.key, envelope: envelope, delay: delay, failure: encoded)])
        }
        guard moved != nil else { return }
        logger.notice(
            OtherRelease(rawValue: code) == nil ? "a job failed and will be tried again" : "a job waits for a worker of another release",
            metadata: [
                "job": "\(envelope.id.lowercased)", "kind": "\(envelope.kind)", "attempt": "\(entry.envelope.attempt)",
                "in_seconds": "\(delay.inSeconds)", "error": "\(text)", "trace_id": "\(envelope.trace?.traceID ?? "-")",
            ])
        Measures.finished(envelope.kind, "retried", count: 1, seconds: nil)
    }

    /// What Redis notes of a job's failures; nil when there is nothing, or it cannot be had now.
    func failureNote(of entry: Entry, in queue: Queue) async -> StatusNotes.Note? {
        guard let stored = try? await queue.failure(of: entry.envelope.id) else { return nil }
        return try? JSONDecoder().decode(StatusNotes.Note.self, from: Data(stored))
    }

    func acknowledge(_ entries: [Entry], as counter: String = "done", in queue: Queue) async throws {
        guard !entries.isEmpty else { return }
        let noted = entries.filter { $0.envelope.attempt > 1 || !$0.envelope.marks.isDisjoint(with: [.seen, .noted]) }.map(\.envelope.id)
        try await acknowledge(entries.map(\.finished), as: counter, clearing: noted, in: queue)
    }

    /// Acknowledges, waiting while Redis is away: the outcome is committed, and an entry left behind would be looked
    /// up again by whoever takes it over.
    private func acknowledge(_ entries: [Queue.Finished], as counter: String, clearing jobs: [UUID], in queue: Queue) async throws {
        _ = try await patiently("acknowledgement") { try await queue.acknowledge(entries, as: counter, clearing: jobs) }
    }
}
