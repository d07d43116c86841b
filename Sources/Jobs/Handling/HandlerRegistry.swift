import Foundation
import Postgres

/// Which handler serves a kind, and what stands around it. Filled once at start, then only read.
public struct HandlerRegistry: Sendable {
    /// As they were registered.
    private var bare: [String: Runner] = [:]
    /// As they are called: the same where there is no middleware.
    private var runners: [String: Runner] = [:]
    private var middleware: [any JobMiddleware] = []

    /// - Parameter middleware: around every handler, the first one outermost.
    public init(middleware: [any JobMiddleware] = []) {
        self.middleware = middleware
    }

    /// Puts a middleware around every handler, those that are registered already included, and inside of those used before.
    public mutating func use(_ middleware: any JobMiddleware) {
        self.middleware.append(middleware)
        runners = bare.mapValues { $0.wrapped(by: MiddlewareChain(self.middleware)) }
    }

    enum Runner: Sendable {
        case transactional(any TransactionalRunner)
        case run(any LongRunner)

        var kind: JobKind {
            switch self {
            case .transactional(let runner): runner.kind
            case .run(let runner): runner.kind
            }
        }

        /// Itself where nothing stands around it: without middleware a job takes no further step and allocates nothing.
        func wrapped(by chain: MiddlewareChain?) -> Runner {
            guard let chain else { return self }
            return switch self {
            case .transactional(let runner): .transactional(MiddlewareRunner(base: runner, chain: chain))
            case .run(let runner): .run(MiddlewareLongRunner(base: runner, chain: chain))
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
        precondition(bare[runner.kind.name] == nil, "two handlers were registered for \(runner.kind.name)")
        bare[runner.kind.name] = runner
        runners[runner.kind.name] = runner.wrapped(by: MiddlewareChain(middleware))
    }

    func runner(for kind: String) -> Runner? { runners[kind] }

    /// Reads a job's body as its handler would be given it, and runs nothing.
    /// - Throws: what the job would fail with: `PermanentJobError`, what the payload's `upcast` throws; or what it would wait for another
    ///   release with: `JobError(.unknownKind)`, `JobError(.laterVersion)`.
    package func decode(_ body: [UInt8], kind: String, version: Int) throws -> any JobPayload {
        switch bare[kind] {
        case .transactional(let runner): return try runner.decode(body, version: version)
        case .run(let runner): return try runner.decode(body, version: version)
        case nil: throw JobError(.unknownKind, subject: kind, message: "no handler serves this kind")
        }
    }

    /// All kinds, by name.
    public var kinds: [JobKind] { runners.values.map(\.kind).sorted { $0.name < $1.name } }

    /// All queues that these kinds travel in, by name.
    public var queues: [String] { Set(kinds.map(\.queue)).sorted() }

    /// Whether jobs of a queue share a transaction, which then costs little more for many than for one.
    func sharesCommits(queue: String) -> Bool {
        runners.values.contains { if case .transactional(let runner) = $0 { runner.kind.queue == queue && runner.most > 1 } else { false } }
    }

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
    func decode(_ body: [UInt8], version: Int) throws -> any JobPayload
}

protocol LongRunner: Sendable {
    var kind: JobKind { get }
    func run(_ entry: Entry, context: RunContext) async throws
    func decode(_ body: [UInt8], version: Int) throws -> any JobPayload
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

    func decode(_ body: [UInt8], version: Int) throws -> any JobPayload { try Payload.decode(body, version: version) }
}

private struct RunRunner<Handler: RunHandler>: LongRunner {
    let handler: Handler
    var kind: JobKind { Handler.Payload.kind }

    func run(_ entry: Entry, context: RunContext) async throws {
        let payload = try Handler.Payload.decode(entry.envelope.body, version: entry.envelope.version)
        try await handler.run(Job(entry.envelope, payload: payload), context: context)
    }

    func decode(_ body: [UInt8], version: Int) throws -> any JobPayload { try Handler.Payload.decode(body, version: version) }
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
