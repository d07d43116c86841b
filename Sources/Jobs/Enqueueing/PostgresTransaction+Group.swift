public import Foundation
public import Postgres

extension PostgresTransaction {
    /// Enqueues jobs as one group, with the job that follows when all of them have ended, in this transaction: all of it is there
    /// if and only if the transaction commits. What ``enqueue(_:workspace:id:notBefore:priority:trace:)`` says of transactions
    /// holds here too.
    ///
    /// A member that dies holds the group open, until its dead letter is replayed to its end or discarded: see ``JobGroup``.
    ///
    /// - Parameters:
    ///   - payloads: of ledger kinds, at most ``JobGroup/most``. None: the follow-up is accepted at once.
    ///   - then: the follow-up, of a ledger kind.
    ///   - id: a version 7 or derived id when the group has to be known or repeatable; the ids of all its jobs follow from it, so
    ///     making a group twice is one group.
    ///   - notBefore: no member begins before; nil for at once.
    ///   - trace: that of the work that the group comes from; the follow-up has it too.
    /// - Throws: `JobError(.notTransactional)`, `.payloadTooLarge` for more members, `.backlogFull`, `.workspaceBacklogFull`: nothing was
    ///   enqueued.
    @discardableResult
    public func enqueueGroup(
        _ payloads: [any JobPayload], then payload: any JobPayload, workspace: UUID, id: UUID? = nil, notBefore: Date? = nil,
        trace: TraceParent? = nil
    ) throws -> JobGroup {
        // A group that the caller named may have been made before, and its jobs may be done.
        try enqueueGroup(
            payloads, then: payload, workspace: workspace, as: id ?? .version7(), marks: id == nil ? [] : .seen, notBefore: notBefore, trace: trace)
    }

    /// - Parameter marks: of all its jobs.
    func enqueueGroup(
        _ payloads: [any JobPayload], then payload: any JobPayload, workspace: UUID, as id: UUID, marks: Envelope.Marks, notBefore: Date?,
        trace: TraceParent?
    ) throws -> JobGroup {
        let jobs = try TransactionJobs.open(for: self)
        guard payloads.count <= JobGroup.most else {
            throw JobError(
                .payloadTooLarge, subject: "group", message: "\(payloads.count) jobs are more than the \(JobGroup.most) that a group holds")
        }
        let group = JobGroup(id: id, count: payloads.count)
        var items: [AcceptanceStore.Item] = []
        items.reserveCapacity(payloads.count + 1)
        for (member, id) in zip(payloads, group.jobs) {
            items.append(
                try jobs.item(
                    type(of: member).kind, key: member.key, body: try PayloadEncoder.encode(member), workspace: workspace, id: id,
                    notBefore: notBefore, marks: marks.union(.grouped), trace: trace))
        }
        let followUp = try jobs.item(
            type(of: payload).kind, key: payload.key, body: try PayloadEncoder.encode(payload), workspace: workspace, id: group.then,
            marks: marks, trace: trace)
        // Nobody will close a group that has nothing to wait for.
        if payloads.isEmpty { items.append(followUp) }
        try jobs.note(items, group: JobGroupStore.New(group: group, then: followUp))
        return group
    }
}

extension JobProducer {
    /// Accepts jobs as one group, with the job that follows when all of them have ended, by one commit.
    ///
    /// A member that dies holds the group open, until its dead letter is replayed to its end or discarded: see ``JobGroup``.
    ///
    /// - Parameters:
    ///   - payloads: of ledger kinds, at most ``JobGroup/most``. None: the follow-up is accepted at once.
    ///   - then: the follow-up, of a ledger kind.
    ///   - notBefore: no member begins before; nil for at once.
    /// - Throws: `JobError` with `.notTransactional` (a stream kind), `.payloadTooLarge`, `.backlogFull`, `.workspaceBacklogFull`,
    ///   `.idempotencyMismatch`, `.inFlight`; `PostgresError`.
    public func acceptGroup(
        _ payloads: [any JobPayload], then payload: any JobPayload, workspace: UUID, id: UUID? = nil, notBefore: Date? = nil,
        idempotency: Idempotency? = nil, trace: TraceParent? = nil
    ) async throws -> JobGroup {
        try await underWay.alone(idempotency, workspace: workspace) {
            try await transaction(workspace, timeout: .seconds(60)) { transaction in
                let own = id ?? .version7()
                if let earlier = try await IdempotencyStore.claim(idempotency, for: own, workspace: workspace, in: transaction) {
                    return JobGroup(id: earlier, count: payloads.count, replayed: true)
                }
                return try transaction.enqueueGroup(
                    payloads, then: payload, workspace: workspace, as: own, marks: id == nil ? [] : .seen, notBefore: notBefore, trace: trace)
            }
        }
    }

    /// How far a group has come; nil for one that this workspace does not have.
    public func group(_ id: UUID, workspace: UUID) async throws -> JobGroupStatus? {
        try await JobGroupStore(pool: pool).status(id, workspace: workspace)
    }
}
