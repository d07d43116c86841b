public import Foundation
import Logging
import Postgres
import Redis

extension JobProducer {
    /// Accepts one job. When this returns, the job survives what its kind promises.
    ///
    /// - Parameters:
    ///   - id: a version 7 or derived id when the caller needs to know it before; accepting an id twice is one job.
    ///   - notBefore: no worker begins the job before; nil, or a time that has passed, for at once.
    ///   - priority: its class; nil for that of its kind.
    ///   - repeatOnly: of a `stream` kind: only what was accepted under the key before is answered, anything else is `.backlogFull`.
    ///   - isOwed: of a `ledger` kind: the installation owes the job to itself, and a workspace that is over its bound does not hold it up.
    ///   - unique: while another job of the same kind, workspace and key has been accepted in the period, that one is answered.
    /// - Throws: `JobError` with `.idempotencyMismatch`, `.inFlight`, `.backlogFull`, `.workspaceBacklogFull`, `.unavailable`,
    ///   `.refused`: nothing was accepted. Only an `.unavailable` with ``JobError/mayBeAccepted`` leaves that open, for the answer of a
    ///   store was lost.
    public func accept<Payload: JobPayload>(
        _ payload: Payload, workspace: UUID, id: UUID? = nil, notBefore: Date? = nil, priority: JobPriority? = nil, unique: Uniqueness? = nil,
        idempotency: Idempotency? = nil, repeatOnly: Bool = false, isOwed: Bool = false, trace: TraceParent? = nil
    ) async throws -> Acceptance {
        try await accept(
            kind: Payload.kind, body: try PayloadEncoder.encode(payload), workspace: workspace, id: id, notBefore: notBefore, priority: priority,
            key: payload.key, unique: unique, idempotency: idempotency, repeatOnly: repeatOnly, isOwed: isOwed, trace: trace)
    }

    /// The same for a body that is already encoded.
    /// - Parameter key: that of the payload, which the engine does not read.
    public func accept(
        kind: JobKind, body: [UInt8], workspace: UUID, id: UUID? = nil, notBefore: Date? = nil, priority: JobPriority? = nil, key: JobKey? = nil,
        unique: Uniqueness? = nil, idempotency: Idempotency? = nil, repeatOnly: Bool = false, isOwed: Bool = false, trace: TraceParent? = nil
    ) async throws -> Acceptance {
        let claimed = try unique?.idempotency(of: kind, besides: idempotency, window: configuration.idempotencyWindow, now: Date()) ?? idempotency
        // A second request with one Idempotency-Key is told that the first is under way; of two unique jobs the second waits its turn.
        return try await underWay.alone(idempotency, workspace: workspace) {
            // What the accepting script counts is not asked for before, unless a body would be written first.
            let asks = kind.acceptance == .ledger ? !isOwed : body.count > configuration.inlineBodyLimit
            if let job = try await admit(kind, claimed, workspace: workspace, asks: asks) { return await replay(of: job, workspace: workspace) }
            let envelope = Envelope(
                accepting: body, of: kind, id: id ?? .version7(), workspace: workspace, notBefore: notBefore, priority: priority, key: key,
                // An id that the caller chose may have been accepted before.
                marks: id == nil ? [] : .seen, trace: trace)
            let earlier =
                switch kind.acceptance {
                case .ledger: try await commit(envelope, of: kind, notBefore, claimed)
                case .stream: try await append(envelope, of: kind, notBefore, claimed, isNew: id == nil, isRepeatOnly: repeatOnly)
                }
            if let earlier { return await replay(of: earlier, workspace: workspace) }
            log(envelope)
            return Acceptance(id: envelope.id, replayed: false, state: .queued)
        }
    }

    func log(_ envelope: Envelope) {
        logger.debug(
            "a job was accepted",
            metadata: [
                "job": "\(envelope.id.lowercased)", "kind": "\(envelope.kind)", "trace_id": "\(envelope.trace?.traceID ?? "-")",
            ])
    }

    /// Refuses a job over the bound of its queue or of its workspace, but not the repeat of one that was accepted before.
    /// - Parameter asks: the workspace's bound is looked at, too.
    /// - Returns: the job of the same request, where it was looked for and is there; nil to go on.
    private func admit(_ kind: JobKind, _ idempotency: Idempotency?, workspace: UUID, asks: Bool) async throws -> UUID? {
        var refusal = monitor.refusal(by: kind.queue)
        if refusal == nil, asks { refusal = await monitor.refusal(by: kind.queue, of: workspace) }
        guard let refusal else { return nil }
        guard let idempotency else { throw refusal }
        // The script that accepts stream kinds looks for the key before it refuses.
        guard kind.acceptance == .ledger else { return nil }
        let holder = try await JobError.whileAway("ledger") {
            try await pool.transaction(.workspaces([workspace])) {
                try await IdempotencyStore.holder(of: idempotency, workspace: workspace, in: $0)
            }
        }
        switch holder {
        case .same(let job)?: return job
        case .other?: throw JobError.mismatch(idempotency)
        case nil: throw refusal
        }
    }

    /// - Returns: the job that the same request made before; nil when this one was accepted.
    private func commit(_ envelope: Envelope, of kind: JobKind, _ notBefore: Date?, _ idempotency: Idempotency?) async throws -> UUID? {
        let partition = configuration.partition(of: envelope.workspace)
        let item = AcceptanceStore.Item(
            envelope: envelope, queue: kind.queue, partition: partition, idempotency: idempotency, notBefore: notBefore)
        switch try await ledger.submit(item) {
        case .accepted: return nil
        case .replayed(let job): return job
        case .mismatch: throw JobError.mismatch(idempotency)
        }
    }

    /// - Parameter isNew: the id was made for this request, so that nothing else can lean on a body under it.
    /// - Returns: the job that the same request made before; nil when this one was accepted.
    private func append(
        _ envelope: Envelope, of kind: JobKind, _ notBefore: Date?, _ idempotency: Idempotency?, isNew: Bool, isRepeatOnly: Bool
    ) async throws -> UUID? {
        let (id, workspace) = (envelope.id, envelope.workspace)
        var carried = envelope
        carried.marks.insert(.noted)
        let isStored = envelope.body.count > configuration.inlineBodyLimit
        if isStored {
            try await JobError.whileAway(kind.queue) { try await outcomes.keep(body: envelope.body, of: id, workspace: workspace) }
            carried.marks.insert(.stored)
            carried.body = []
        }
        let answer: StreamAcceptance.Answer
        do {
            let partition = QueuePartition(queue: kind.queue, index: configuration.partition(of: workspace))
            answer = try await streams.submit(
                .init(
                    envelope: carried, partition: partition, idempotency: idempotency, notBefore: notBefore,
                    isRepeatOnly: isRepeatOnly || monitor.isOverBound(kind.queue)))
        } catch {
            if isStored, isNew, StreamAcceptance.appendedNothing(error) { await outcomes.forget(bodyOf: id, workspace: workspace) }
            throw error
        }
        if isStored, isNew, answer != .accepted { await outcomes.forget(bodyOf: id, workspace: workspace) }
        if case .replayed(let job) = answer { return job }
        if let refusal = refusal(answer, of: kind, idempotency) { throw refusal }
        return nil
    }

    /// What an answer of the script refuses; nil where it accepts, or has accepted before.
    func refusal(_ answer: StreamAcceptance.Answer, of kind: JobKind, _ idempotency: Idempotency?) -> JobError? {
        switch answer {
        case .accepted, .replayed: nil
        case .mismatch: JobError.mismatch(idempotency)
        case .full:
            JobError(
                .backlogFull, subject: kind.queue, message: "\(configuration.backlogBound) jobs wait already",
                retryAfter: monitor.drainTime(of: kind.queue) ?? .seconds(5))
        case .workspaceFull: monitor.workspaceIsFull(in: kind.queue)
        }
    }

    /// A repeated request is told what became of its job. A store that cannot tell in time leaves it at what is known,
    /// which is that the job was accepted.
    private func replay(of job: UUID, workspace: UUID) async -> Acceptance {
        let status = try? await status(job, workspace: workspace, timeout: .seconds(2))
        return Acceptance(id: job, replayed: true, state: status?.state ?? .queued)
    }
}

extension StreamAcceptance {
    /// Whether an error of `submit` proves that no copy of the job can be in Redis. After any other the job may be there
    /// and run, and what belongs to it must stay.
    static func appendedNothing(_ error: any Error) -> Bool {
        guard let error = error as? JobError, error.code == .unavailable else { return false }
        // Refused before it was handed over.
        guard let cause = error.cause else { return true }
        // A script that failed half-way says so by an error reply.
        guard let cause = cause as? RedisError else { return false }
        return !cause.mayHaveExecuted && cause.code != .server
    }
}

extension JobError {
    static func mismatch(_ idempotency: Idempotency?) -> JobError {
        JobError(.idempotencyMismatch, subject: idempotency?.key ?? "", message: "this Idempotency-Key was used for another request")
    }

    /// Runs a step that comes before the acceptance and whose store may be away, and says so in the ingress's words: whatever became
    /// of the step, nothing was accepted.
    static func whileAway<R>(_ subject: String, _ operation: () async throws -> R) async throws -> R {
        do {
            return try await operation()
        } catch {
            throw unavailable(subject, error, accepting: false)
        }
    }

    /// An error of a store as the answer to a producer: 503 where trying again can help, the error itself elsewhere.
    /// - Parameter accepting: the store was asked to accept. Then an answer that was lost leaves open whether it did, be the error one
    ///   that passes or not.
    static func unavailable(_ subject: String, _ error: any Error, accepting: Bool = true) -> any Error {
        let mayBeAccepted = accepting && leavesOpen(error)
        guard mayBeAccepted || Failure(error) == .storeUnavailable else { return error }
        return JobError(
            .unavailable, subject: subject,
            message: mayBeAccepted ? "a store's answer was lost; whether it accepted is not known" : "a store is away; nothing was accepted",
            retryAfter: .seconds(2), cause: error, mayBeAccepted: mayBeAccepted)
    }

    /// Whether a store may have done what it was asked for, although it did not say so.
    private static func leavesOpen(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.commitUnknown
        case let error as RedisError: error.mayHaveExecuted
        default: false
        }
    }
}
