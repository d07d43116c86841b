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

    public mutating func register<Handler: BatchHandler>(batch handler: Handler) {
        insert(
            .transactional(
                TypedRunner<Handler.Payload>(most: 1000) { jobs, transaction in
                    try await handler.handle(jobs, in: transaction)
                    return []
                }))
    }

    public mutating func register<Handler: EffectHandler>(effect handler: Handler) {
        insert(
            .transactional(
                TypedRunner<Handler.Payload>(most: 1) { jobs, transaction in
                    var results: [JobResult?] = []
                    for job in jobs { results.append(try await handler.handle(job, in: transaction)) }
                    return results
                }))
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

/// Runs batches and effects alike: they differ in how many jobs share a transaction, and in whether each has a result.
private struct TypedRunner<Payload: JobPayload>: TransactionalRunner {
    typealias Handle = @Sendable ([Job<Payload>], PostgresTransaction) async throws -> [JobResult?]

    let kind = Payload.kind
    let most: Int
    let handle: Handle

    private struct Prepared: PreparedBatch {
        let entries: [Entry]
        let jobs: [Job<Payload>]
        let handle: Handle

        func part(_ range: Range<Int>) -> any PreparedBatch {
            Prepared(entries: Array(entries[range]), jobs: Array(jobs[range]), handle: handle)
        }

        func handle(in transaction: PostgresTransaction) async throws -> [JobResult?] { try await handle(jobs, transaction) }
    }

    func prepare(_ entries: [Entry]) -> (batch: any PreparedBatch, refused: [(Entry, any Error)]) {
        let (accepted, jobs, refused) = decodeJobs(entries, as: Payload.self)
        return (Prepared(entries: accepted, jobs: jobs, handle: handle), refused)
    }
}

private struct RunRunner<Handler: RunHandler>: LongRunner {
    let handler: Handler
    var kind: JobKind { Handler.Payload.kind }

    func run(_ entry: Entry, context: RunContext) async throws {
        var decoder = PayloadDecoder<Handler.Payload>()
        let payload = try decoder.decode(entry.envelope.body, version: entry.envelope.version)
        try await handler.run(Job(entry.envelope, payload: payload), context: context)
    }
}

private func decodeJobs<Payload: JobPayload>(
    _ entries: [Entry], as: Payload.Type
) -> (accepted: [Entry], jobs: [Job<Payload>], refused: [(Entry, any Error)]) {
    var decoder = PayloadDecoder<Payload>()
    var accepted: [Entry] = []
    var jobs: [Job<Payload>] = []
    var refused: [(Entry, any Error)] = []
    accepted.reserveCapacity(entries.count)
    jobs.reserveCapacity(entries.count)
    for entry in entries {
        do {
            let payload = try decoder.decode(entry.envelope.body, version: entry.envelope.version)
            jobs.append(Job(entry.envelope, payload: payload))
            accepted.append(entry)
        } catch {
            refused.append((entry, error))
        }
    }
    return (accepted, jobs, refused)
}
