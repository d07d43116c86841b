public import Foundation

/// Jobs that belong together, and the one that follows when all of them have ended.
///
///     open ──a member ends──▶ open, one fewer        a member has ended: done, cancelled, or its dead letter was discarded
///       └───the last one────▶ closed                 and by the same commit the follow-up is accepted
///
/// A member that dies holds its group open: until its dead letter is replayed and the job comes to its end, or until the letter
/// is discarded. So a follow-up never runs over work that somebody may still have to repair; ``JobGroupStatus/dead`` says that
/// there is some. The follow-up appears exactly once, whoever ends the last member and however often a job is delivered.
///
/// Only ledger kinds are members and follow-ups. A group of no jobs is closed from the first, and its follow-up is accepted with
/// it.
public struct JobGroup: Sendable, Hashable {
    public let id: UUID
    /// The members' ids, in the order in which they were given.
    public let jobs: [UUID]
    /// The id under which the follow-up will be accepted. Until the group closes no job has it.
    public let then: UUID
    /// The same request made the group before.
    public let replayed: Bool

    /// Members of one group: they are one transaction.
    public static let most = 10_000

    init(id: UUID, count: Int, replayed: Bool = false) {
        self.id = id
        // They follow from the group's id: who asks again is told the same.
        self.jobs = (0..<count).map { .derived(from: id, step: UInt64($0) + 1) }
        self.then = .derived(from: id, step: 0)
        self.replayed = replayed
    }
}

/// How far a group has come.
public struct JobGroupStatus: Sendable, Hashable {
    public let id: UUID
    /// Members in all.
    public let total: Int
    /// Members that have not ended.
    public let remaining: Int
    /// Of `remaining`, those whose job is dead: they hold the group open until somebody replays or discards their letters.
    public let dead: Int
    /// The follow-up: a job once the group is closed.
    public let then: UUID
    public let thenKind: String
    public let createdAt: Date
    /// When the last member ended; nil while the group is open.
    public let closedAt: Date?

    public init(id: UUID, total: Int, remaining: Int, dead: Int, then: UUID, thenKind: String, createdAt: Date, closedAt: Date? = nil) {
        self.id = id
        self.total = total
        self.remaining = remaining
        self.dead = dead
        self.then = then
        self.thenKind = thenKind
        self.createdAt = createdAt
        self.closedAt = closedAt
    }
}
