public import Foundation
import Postgres

/// How a job ended. There is exactly one of these for a finished job (of one generation).
public enum OutcomeState: String, Sendable, Hashable, CaseIterable {
    case done
    case dead
    case cancelled
}

/// A small JSON value that a handler leaves with its outcome, such as the id of what it made.
public struct JobResult: Sendable {
    /// UTF-8 JSON.
    public let json: [UInt8]

    public init(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.json = Array(try encoder.encode(value))
    }
}

/// What a producer may know of its job.
public struct JobStatus: Sendable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Accepted, and nobody knows of an end. It waits, or a worker has it in its hands: most kinds are done in batches
        /// within milliseconds, and writing down that one has begun would cost as much as doing it.
        case queued
        /// A worker has begun it and nobody has ended it. Told for kinds that write down that they begin: runs.
        case running
        /// It failed, and waits for its next attempt or is in it.
        case retrying
        case done
        case dead
        case cancelled

        /// No further change will come.
        public var isFinal: Bool { self == .done || self == .dead || self == .cancelled }
    }

    public let id: UUID
    public let kind: String
    public let state: State
    /// Attempts begun and known to have ended.
    public let attempts: Int
    public let error: String?
    /// UTF-8 JSON, of jobs that are done.
    public let result: [UInt8]?
    public let acceptedAt: Date
    public let finishedAt: Date?
    /// How far a long job is that tells it, from 0 to 1: some seconds old at the most, and nil once it has ended.
    public var progress: Double?
    /// A few words of the handler's own, with the progress.
    public var note: String?

    public init(
        id: UUID, kind: String, state: State, attempts: Int, error: String? = nil, result: [UInt8]? = nil, acceptedAt: Date, finishedAt: Date? = nil,
        progress: Double? = nil, note: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.attempts = attempts
        self.error = error
        self.result = result
        self.acceptedAt = acceptedAt
        self.finishedAt = finishedAt
        self.progress = progress
        self.note = note
    }
}
