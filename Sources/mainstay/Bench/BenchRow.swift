import Foundation
import Jobs
import Postgres
import Synchronization

/// A way in which a benchmark's job is accepted.
protocol BenchWay: Sendable {
    static var kind: JobKind { get }
}

/// Answered after the append to Redis.
enum StreamWay: BenchWay {
    static let kind = JobKind(name: "bench.stream", queue: "bench-stream", acceptance: .stream)
}

/// Answered after a commit in PostgreSQL.
enum LedgerWay: BenchWay {
    static let kind = JobKind(name: "bench.ledger", queue: "bench-ledger", acceptance: .ledger)
}

/// A job that becomes one row, for benchmarks that need its outcome told by the engine (``BenchTicket`` is its own). The same
/// document either way, so that two figures differ by the acceptance alone.
struct BenchRow<Way: BenchWay>: JobPayload {
    static var kind: JobKind { Way.kind }

    let subject: String
    let text: String
    let priority: Int32

    init(number: Int) {
        subject = "Cannot export invoices to CSV"
        text = """
            Since the update on Monday the export button on the invoices page spins forever and then shows error 504. \
            Two colleagues see the same.
            """
        priority = Int32(number % 4)
    }

    private init(fields: FlatJSON) throws(FlatJSON.Unusual) {
        subject = try fields.text("subject")
        text = try fields.text("text")
        priority = Int32(truncatingIfNeeded: try fields.integer("priority"))
    }

    static var isFlat: Bool { true }

    static func read(_ fields: FlatJSON) throws(FlatJSON.Unusual) -> BenchRow { try BenchRow(fields: fields) }
}

/// Where the rows go.
enum BenchTable {
    /// - Parameter url: of the role that owns the database.
    static func make(at url: String, _ servers: BenchServers) async throws {
        try await PostgresPool.with(try PostgresConfiguration(url: url), logger: servers.logger) { try await $0.runOutsideTransaction(create) }
    }

    static func insert(_ jobs: [Job<BenchRow<some BenchWay>>], in transaction: PostgresTransaction) {
        transaction.submit(
            rows, jobs.map(\.workspace), jobs.map(\.id), jobs.map(\.payload.subject), jobs.map(\.payload.text), jobs.map(\.payload.priority))
    }

    private static let create: SQL = """
        -- the table of a benchmark
        create table bench_rows (
          workspace_id uuid not null, id uuid not null, subject text not null, body text not null, priority integer not null,
          primary key (workspace_id, id));
        call protect_tenant_table('bench_rows')
        """
    private static let rows: SQL = """
        -- rows of a benchmark
        insert into bench_rows (workspace_id, id, subject, body, priority)
        select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int4[])
        """
}

/// What handlers were handed, for those who run them.
final class BenchCount: Sendable {
    private let handedJobs = Atomic(0)
    private let handedBatches = Atomic(0)

    var jobs: Int { handedJobs.load(ordering: .relaxed) }
    var batches: Int { handedBatches.load(ordering: .relaxed) }

    func add(_ jobs: Int) {
        _ = handedJobs.add(jobs, ordering: .relaxed)
        _ = handedBatches.add(1, ordering: .relaxed)
    }
}

/// Writes the rows of a batch.
struct BenchRowHandler<Way: BenchWay>: BatchHandler {
    typealias Payload = BenchRow<Way>

    let count: BenchCount

    func handle(_ jobs: [Job<BenchRow<Way>>], in transaction: PostgresTransaction) async throws {
        count.add(jobs.count)
        BenchTable.insert(jobs, in: transaction)
    }
}

/// Writes one row after some time, as a handler does that asks somebody else first.
struct BenchSlowHandler<Way: BenchWay>: EffectHandler {
    typealias Payload = BenchRow<Way>

    let count: BenchCount
    let pause: Duration

    func handle(_ job: Job<BenchRow<Way>>, in transaction: PostgresTransaction) async throws -> JobResult? {
        try await Task.sleep(for: pause)
        count.add(1)
        BenchTable.insert([job], in: transaction)
        return nil
    }
}
