package import Foundation

/// Which jobs are meant. What is nil does not matter; all that is given must hold.
package struct JobFilter: Sendable, Hashable {
    /// What jobs can be told apart by without asking Redis.
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// Accepted, without an outcome: it waits, is in a batch at this moment, or waits for another attempt. Of `stream` kinds
        /// only Redis knows that they wait: they are found by their ids.
        case queued
        /// A worker has begun it, of kinds that write that down.
        case running
        case done
        case dead
        case cancelled
    }

    package var workspace: UUID?
    package var kind: String?
    package var state: State?
    /// Those accepted then or later, by the time in their ids.
    package var since: Date?
    /// Those accepted before.
    package var until: Date?

    package init() {}
}

/// A job as lists show it.
package struct JobLine: Sendable, Hashable {
    package let key: JobName
    /// The workspace's name in URLs.
    package let slug: String
    package let kind: String
    /// Nil where it is not written down: of jobs that have ended.
    package let queue: String?
    package let state: JobStatus.State
    /// Attempts that have ended.
    package let attempts: Int
    /// Why it died, or why its last attempt failed: the first 500 characters.
    package let error: String?
    package let acceptedAt: Date
    package let finishedAt: Date?

    /// The same job with what Redis notes of its failures.
    func retrying(_ note: StatusNotes.Note) -> JobLine {
        JobLine(
            key: key, slug: slug, kind: kind, queue: queue, state: .retrying, attempts: note.attempts, error: String(note.error.prefix(500)),
            acceptedAt: acceptedAt, finishedAt: finishedAt)
    }
}

/// The place behind a job in a list that begins with the newest.
package struct JobCursor: Sendable, Hashable, Codable {
    package let id: UUID
    package let workspace: UUID
}

/// A part of a list of jobs.
package struct JobPage: Sendable {
    package let lines: [JobLine]
    /// Where to go on; nil at the end. A page may hold few jobs or none and have a next one: so many were looked at.
    package let next: JobCursor?
}
