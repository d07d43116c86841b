package import Foundation
package import Postgres

/// How a test runs what a fixture tells of.
extension DeadLetterFixture {
    /// The payload, decoded as a worker decodes it: an older version is read by the kind's `upcast`.
    /// - Throws: what a worker would have failed with; `PermanentJobError` (`wrong_kind`) for another kind's payload.
    package func payload<Payload: JobPayload>(as type: Payload.Type = Payload.self) throws -> Payload {
        guard Payload.kind.name == kind else {
            throw PermanentJobError("this is the fixture of a \(kind), not of a \(Payload.kind.name)", code: "wrong_kind")
        }
        var decoder = PayloadDecoder<Payload>()
        return try decoder.decode(try body.encoded(), version: version)
    }

    /// The job as a handler is given it; its identifiers are new, for the fixture has none.
    package func job<Payload: JobPayload>(
        as type: Payload.Type = Payload.self, workspace: UUID, id: UUID = .version7(), attempt: Int = 1, acceptedAt: Date = Date()
    ) throws -> Job<Payload> {
        Job(id: id, workspace: workspace, attempt: attempt, acceptedAt: acceptedAt, payload: try payload(as: type))
    }

    /// Hands the job to a handler in a transaction of the test's, which may roll it back.
    package func handle<Handler: BatchHandler>(by handler: Handler, workspace: UUID, in transaction: PostgresTransaction) async throws {
        let job = try self.job(as: Handler.Payload.self, workspace: workspace)
        try await transaction.enqueueing { try await handler.handle([job], in: transaction) }
    }

    /// Hands the job to a handler in a transaction of the test's, which may roll it back.
    @discardableResult
    package func handle<Handler: EffectHandler>(
        by handler: Handler, workspace: UUID, in transaction: PostgresTransaction
    ) async throws -> JobResult? {
        let job = try self.job(as: Handler.Payload.self, workspace: workspace)
        return try await transaction.enqueueing { try await handler.handle(job, in: transaction) }
    }

    /// Puts the job into its kind's queue, body and version as they were: a worker of the test carries it out, or lets it die.
    package func accept<Payload: JobPayload>(
        as type: Payload.Type, by producer: JobProducer, workspace: UUID
    ) async throws -> Acceptance {
        let kind = Payload.kind
        guard kind.name == self.kind else {
            throw PermanentJobError("this is the fixture of a \(self.kind), not of a \(kind.name)", code: "wrong_kind")
        }
        let asItWas = JobKind(
            name: kind.name, version: version, queue: kind.queue, acceptance: kind.acceptance, outcome: kind.outcome, retry: kind.retry)
        return try await producer.accept(kind: asItWas, body: try body.encoded(), workspace: workspace)
    }
}
