import Postgres

/// A runner of batches or effects whose handler is called through middleware.
struct MiddlewareRunner: TransactionalRunner {
    let base: any TransactionalRunner
    let chain: MiddlewareChain

    var kind: JobKind { base.kind }
    var most: Int { base.most }

    func prepare(_ entries: [Entry]) -> (batch: any PreparedBatch, refused: [(Entry, any Error)]) {
        let (batch, refused) = base.prepare(entries)
        return (Batch(base: batch, kind: base.kind, shape: base.most == 1 ? .effect : .batch, chain: chain), refused)
    }

    func decode(_ body: [UInt8], version: Int) throws -> any JobPayload { try base.decode(body, version: version) }

    private struct Batch: PreparedBatch {
        let base: any PreparedBatch
        let kind: JobKind
        let shape: JobUnit.Shape
        let chain: MiddlewareChain

        var entries: [Entry] { base.entries }

        func part(_ range: Range<Int>) -> any PreparedBatch { Batch(base: base.part(range), kind: kind, shape: shape, chain: chain) }

        func handle(in transaction: PostgresTransaction) async throws -> [JobResult?] {
            try await chain.run(JobUnit(kind: kind, shape: shape, entries: entries)) { try await base.handle(in: transaction) }
        }
    }
}

/// A runner of long jobs whose handler is called through middleware.
struct MiddlewareLongRunner: LongRunner {
    let base: any LongRunner
    let chain: MiddlewareChain

    var kind: JobKind { base.kind }

    func run(_ entry: Entry, context: RunContext) async throws {
        try await chain.run(JobUnit(kind: base.kind, shape: .run, entries: [entry])) { try await base.run(entry, context: context) }
    }

    func decode(_ body: [UInt8], version: Int) throws -> any JobPayload { try base.decode(body, version: version) }
}
