package import Foundation

/// Something that happened to a job, or will.
package struct JobEvent: Sendable, Hashable {
    package enum Name: String, Sendable, Hashable, CaseIterable {
        case accepted
        /// Not to be begun before.
        case scheduled
        /// An attempt failed, and another was to come.
        case failed
        /// An attempt failed, and none was to come.
        case died
        /// Somebody replayed its dead letter: its next life begins.
        case replayed
        /// Somebody took its dead letter off the list.
        case discarded
        case cancelRequested = "cancel_requested"
        /// A worker has begun it and nobody has ended it.
        case running
        /// Waits until then for its next attempt.
        case due
        case done
        case cancelled
    }

    package let name: Name
    /// Nil for what goes on now, and where nobody wrote it down.
    package let at: Date?
    /// How often the job had been replayed by then.
    package let generation: Int
    package let attempt: Int?
    /// Of a failure; stable, for grouping.
    package let code: String?
    /// Of a failure: what went wrong.
    package let text: String?
    /// Who asked for it, or the worker that did it.
    package let by: String?

    init(
        _ name: Name, at: Date?, generation: Int = 0, attempt: Int? = nil, code: String? = nil, text: String? = nil, by: String? = nil
    ) {
        self.name = name
        self.at = at
        self.generation = generation
        self.attempt = attempt
        self.code = code
        self.text = text
        self.by = by
    }

    init(_ name: Name, _ failure: FailedAttempt) {
        self.init(
            name, at: failure.at, generation: failure.generation, attempt: failure.attempt, code: failure.code, text: failure.error)
    }

    /// What happened, oldest first; then what has no time, and what is to come.
    static func story(acceptedAt: Date, facts: JobFacts, letter: DeadLetter?, trace: StatusNotes.Trace?) -> [JobEvent] {
        var events = [JobEvent(.accepted, at: acceptedAt)]
        if let notBefore = facts.acceptance?.notBefore { events.append(JobEvent(.scheduled, at: notBefore)) }
        if let letter { events += afterlife(of: letter) }
        let generation = letter?.replays.count ?? 0
        for failure in trace?.note?.history ?? [] {
            events.append(
                JobEvent(
                    .failed, at: Date(timeIntervalSince1970: Double(failure.at) / 1000), generation: generation, attempt: failure.attempt,
                    code: failure.code, text: failure.error))
        }
        if let asked = facts.cancelRequestedAt { events.append(JobEvent(.cancelRequested, at: asked, generation: generation)) }
        if let outcome = facts.outcome {
            if let end = end(outcome, facts: facts, letter: letter, generation: generation) { events.append(end) }
        } else {
            if let running = facts.running {
                events.append(JobEvent(.running, at: nil, generation: generation, attempt: running.attempts + 1))
            }
            // Of one that waits for its first attempt the acceptance has told.
            if let due = trace?.dueAt, trace?.note != nil || facts.acceptance?.notBefore == nil {
                events.append(JobEvent(.due, at: due, generation: generation))
            }
        }
        return sorted(events)
    }

    /// What a dead letter tells: every failure of its job's lives, and what was done about it.
    private static func afterlife(of letter: DeadLetter) -> [JobEvent] {
        var events = DeadLetterHistory(json: letter.history).failures.map { JobEvent(.failed, $0) }
        events.append(JobEvent(.died, letter.death))
        for (index, replay) in letter.replays.enumerated() {
            events.append(JobEvent(.replayed, at: replay.at, generation: index + 1, by: replay.by))
        }
        if letter.replays.isEmpty, let at = letter.replayedAt { events.append(JobEvent(.replayed, at: at, generation: 1)) }
        if let at = letter.discardedAt {
            events.append(JobEvent(.discarded, at: at, generation: letter.replays.count, by: letter.discardedBy))
        }
        return events
    }

    private static func end(_ outcome: JobFacts.Outcome, facts: JobFacts, letter: DeadLetter?, generation: Int) -> JobEvent? {
        let worker = facts.worker.map { $0.name ?? $0.id.lowercased }
        switch outcome.state {
        case .dead:
            // Its letter has told of that.
            guard letter == nil else { return nil }
            return JobEvent(
                .died, at: outcome.finishedAt, generation: generation, attempt: outcome.attempts, text: outcome.error, by: worker)
        case .cancelled:
            return JobEvent(.cancelled, at: outcome.finishedAt, generation: generation, attempt: outcome.attempts, by: worker)
        case .done, .queued, .running, .retrying:
            return JobEvent(.done, at: outcome.finishedAt, generation: generation, attempt: outcome.attempts, by: worker)
        }
    }

    private static func sorted(_ events: [JobEvent]) -> [JobEvent] {
        func place(_ event: JobEvent) -> Date {
            switch event.name {
            // Said with the acceptance, whenever that time is.
            case .scheduled: events.first?.at ?? .distantPast
            case .due: .distantFuture
            default: event.at ?? .distantFuture
            }
        }
        return events.enumerated().sorted { left, right in
            let (first, second) = (place(left.element), place(right.element))
            return first != second ? first < second : left.offset < right.offset
        }.map(\.element)
    }
}
