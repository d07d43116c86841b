import Foundation
import Postgres

/// Which handler serves a kind. Filled once at start, then only read.
public struct HandlerRegistry: Sendable {
    private var runners: [String: Runner] = [:]

    public init() {}

    enum Runner: Sendable {
        case transactional(any TransactionalRunner)
        case run(any LongRunner)

        var kind: JobKind {
            switch self {
            case .transactional(let runner): runner.kind
            case .run(let runner): runner.kind
            }
        }
    }

    public mutating func register(batch handler: some BatchHandler) {
        insert(.transactional(BatchRunner(handler: handler)))
    }

    public mutating func register(effect handler: some EffectHandler) {
        insert(.transactional(EffectRunner(handler: handler)))
    }

    public mutating func register(run handler: some RunHandler) {
        insert(.run(RunRunner(handler: handler)))
    }

    private mutating func insert(_ runner: Runner) {
        precondition(runners[runner.kind.name] == nil, "two handlers were registered for \(runner.kind.name)")
        runners[runner.kind.name] = runner
    }

    func runner(for kind: String) -> Runner? { runners[kind] }

    /// All kinds, by name.
    public var kinds: [JobKind] { runners.values.map(\.kind).sorted { $0.name < $1.name } }

    /// All queues that these kinds travel in, by name.
    public var queues: [String] { Set(kinds.map(\.queue)).sorted() }

    /// A queue that carries long runs hands out single jobs; the others hand out batches.
    func isLong(queue: String) -> Bool {
        runners.values.contains { if case .run(let runner) = $0 { runner.kind.queue == queue } else { false } }
    }
}

/// Jobs of one kind, decoded once, that can be handled in one transaction, or in parts of it.
protocol PreparedBatch: Sendable {
    var entries: [Entry] { get }
    func part(_ range: Range<Int>) -> any PreparedBatch
    /// Returns a result for each entry, or none at all.
    func handle(in transaction: PostgresTransaction) async throws -> [JobResult?]
}

protocol TransactionalRunner: Sendable {
    var kind: JobKind { get }
    /// Jobs that share a transaction.
    var most: Int { get }
    /// Decodes bodies; those that cannot be decoded are returned with their error.
    func prepare(_ entries: [Entry]) -> (batch: any PreparedBatch, refused: [(Entry, any Error)])
}

protocol LongRunner: Sendable {
    var kind: JobKind { get }
    func run(_ entry: Entry, context: RunContext) async throws
}

private struct BatchRunner<Handler: BatchHandler>: TransactionalRunner {
    let handler: Handler
    var kind: JobKind { Handler.Payload.kind }
    var most: Int { 1000 }

    struct Prepared: PreparedBatch {
        let handler: Handler
        let entries: [Entry]
        let jobs: [Job<Handler.Payload>]

        func part(_ range: Range<Int>) -> any PreparedBatch {
            Prepared(handler: handler, entries: Array(entries[range]), jobs: Array(jobs[range]))
        }

        func handle(in transaction: PostgresTransaction) async throws -> [JobResult?] {
            try await handler.handle(jobs, in: transaction)
            return []
        }
    }

    func prepare(_ entries: [Entry]) -> (batch: any PreparedBatch, refused: [(Entry, any Error)]) {
        let (accepted, jobs, refused) = decodeJobs(entries, as: Handler.Payload.self)
        return (Prepared(handler: handler, entries: accepted, jobs: jobs), refused)
    }
}

private struct EffectRunner<Handler: EffectHandler>: TransactionalRunner {
    let handler: Handler
    var kind: JobKind { Handler.Payload.kind }
    var most: Int { 1 }

    struct Prepared: PreparedBatch {
        let handler: Handler
        let entries: [Entry]
        let jobs: [Job<Handler.Payload>]

        func part(_ range: Range<Int>) -> any PreparedBatch {
            Prepared(handler: handler, entries: Array(entries[range]), jobs: Array(jobs[range]))
        }

        func handle(in transaction: PostgresTransaction) async throws -> [JobResult?] {
            var results: [JobResult?] = []
            for job in jobs { results.append(try await handler.handle(job, in: transaction)) }
            return results
        }
    }

    func prepare(_ entries: [Entry]) -> (batch: any PreparedBatch, refused: [(Entry, any Error)]) {
        let (accepted, jobs, refused) = decodeJobs(entries, as: Handler.Payload.self)
        return (Prepared(handler: handler, entries: accepted, jobs: jobs), refused)
    }
}

private struct RunRunner<Handler: RunHandler>: LongRunner {
    let handler: Handler
    var kind: JobKind { Handler.Payload.kind }

    func run(_ entry: Entry, context: RunContext) async throws {
        let payload = try Handler.Payload.decode(entry.envelope.body, version: entry.envelope.version, decoder: JSONDecoder())
        try await handler.run(Job(entry.envelope, payload: payload), context: context)
    }
}

/// One decoder for the whole batch: making one costs as much as decoding a job.
private func decodeJobs<Payload: JobPayload>(
    _ entries: [Entry], as: Payload.Type
) -> (accepted: [Entry], jobs: [Job<Payload>], refused: [(Entry, any Error)]) {
    let decoder = JSONDecoder()
    var accepted: [Entry] = []
    var jobs: [Job<Payload>] = []
    var refused: [(Entry, any Error)] = []
    accepted.reserveCapacity(entries.count)
    jobs.reserveCapacity(entries.count)
    for entry in entries {
        do {
            let payload = try Payload.decode(entry.envelope.body, version: entry.envelope.version, decoder: decoder)
            jobs.append(Job(entry.envelope, payload: payload))
            accepted.append(entry)
        } catch {
            refused.append((entry, error))
        }
    }
    return (accepted, jobs, refused)
}
