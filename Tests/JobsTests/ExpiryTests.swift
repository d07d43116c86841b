import Foundation
import Logging
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// What expires goes by pages, whoever else is at it.
@Suite(.timeLimit(.minutes(1))) struct ExpiryTests {
    @Test("keys whose window is over go by pages, and those within it stay")
    func keys() async throws {
        try await Ledger.with { ledger in
            try await ledger.keepKeys(20_001, age: "2 days")
            try await ledger.keepKeys(3, age: "1 hour")
            _ = try await ledger.database.psql(
                """
                create table pages (size bigint);
                create function note_page() returns trigger language plpgsql security definer as $$
                begin
                  insert into public.pages select count(*) from gone;
                  return null;
                end
                $$;
                create trigger noted after delete on idempotency_keys referencing old table as gone for each statement execute function note_page();
                """)
            #expect(try await ledger.housekeeping().forgetKeys() == 20_001)
            #expect(try await ledger.count("idempotency_keys") == 3)
            #expect(try await ledger.database.psql("select string_agg(size::text, ' ' order by size) from pages") == "1 10000 10000\n")
        }
    }

    @Test("a key that another has in its hands is left alone, and the others do not wait for it")
    func heldKey() async throws {
        try await Ledger.with { ledger in
            try await ledger.keepKeys(10, age: "2 days")
            try await withPool(ledger.database.serverURL, size: 1) { other in
                try await other.transaction(.role(.upkeep)) { holder in
                    _ = try await holder.query("select 1 from idempotency_keys where id = '2 days 1' for update")
                    #expect(try await ledger.housekeeping().forgetKeys() == 9)
                }
            }
            #expect(try await ledger.housekeeping().forgetKeys() == 1)
        }
    }

    @Test("upkeep locks what it deletes, and changes none of it")
    func rights() async throws {
        try await Ledger.with { ledger in
            try await ledger.keepKeys(1, age: "2 days")
            try await ledger.wish(for: .version7(), age: "40 days")
            for change: SQL in [
                "update idempotency_keys set created_at = created_at", "update idempotency_keys set job_id = job_id",
                "update job_cancellations set requested_at = requested_at", "update job_cancellations set id = id",
            ] {
                let refused = await #expect(throws: PostgresError.self) { try await ledger.pool.execute(.role(.upkeep), change) }
                #expect(refused?.sqlState == "42501")
            }
        }
    }

    @Test("wishes go by pages when they are settled or nobody will ever settle them, and one that another has in its hands is left alone")
    func wishes() async throws {
        try await Ledger.with { ledger in
            let (done, owed, running) = (ledger.id(hoursAgo: 3), ledger.id(hoursAgo: 40 * 24), ledger.id(hoursAgo: 3))
            try await ledger.finish(done)
            try await ledger.accept(owed)
            try await ledger.wish(for: done, age: "2 hours")
            try await ledger.wish(for: owed, age: "40 days")
            try await ledger.wish(for: running, age: "2 hours")
            let lost = (0..<5).map { _ in UUID.version7() }
            for job in lost { try await ledger.wish(for: job, age: "40 days") }
            let store = ControlStore(pool: ledger.pool)
            #expect(try await store.forgetSettled(DeletionPages(rows: 2, limit: .zero)) == 2, "a page, and the time of the round is over")
            let left = try await ledger.ids(in: "job_cancellations").intersection(lost)
            let held = try #require(left.first)
            try await withPool(ledger.database.serverURL, size: 1) { other in
                try await other.transaction(.role(.upkeep)) { holder in
                    _ = try await holder.query("select 1 from job_cancellations where id = $1 for update", held)
                    #expect(try await store.forgetSettled(DeletionPages(rows: 2)) == 3)
                }
            }
            #expect(try await ledger.ids(in: "job_cancellations") == [owed, running, held])
            #expect(try await store.forgetSettled() == 1)
        }
    }

    @Test("pages go on until one is not full, or the time of the round is over")
    func bounds() async throws {
        var left = 25
        let take: (Int) -> Int = { rows in
            let taken = min(rows, left)
            left -= taken
            return taken
        }
        #expect(try await DeletionPages(rows: 10, limit: .zero).delete { take($0) } == 10)
        #expect(try await DeletionPages(rows: 10).delete { take($0) } == 15)
        #expect(left == 0)
        #expect(try await DeletionPages(rows: 10).delete { take($0) } == 0)
    }

    @Test("rounds are a quarter of an hour apart, a fifth more or less, and not all the same")
    func pauses() async throws {
        try await Ledger.with { ledger in
            var pauses: [Duration] = []
            for _ in 0..<3 {
                let clock = OnePause()
                await Housekeeping(
                    pool: ledger.pool, idempotencyWindow: .seconds(60), draining: clock.draining, clock: clock, logger: Logger(label: "test.expiry")
                ).run()
                pauses += clock.pauses
            }
            #expect(pauses.count == 3)
            #expect(pauses.allSatisfy { (.seconds(720) ... .seconds(1080)).contains($0) })
            #expect(Set(pauses).count > 1)
        }
    }
}

/// Keeps how long a pause was to be, and ends whoever makes it.
private final class OnePause: Clock {
    let draining = Signal()
    let now = ContinuousClock.now
    let minimumResolution = Duration.zero
    private let asked = Mutex<[Duration]>([])

    var pauses: [Duration] { asked.withLock { $0 } }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        asked.withLock { $0.append(now.duration(to: deadline)) }
        draining.raise()
    }
}

extension Ledger {
    /// - Parameter age: an interval in SQL; the keys are named after it.
    fileprivate func keepKeys(_ count: Int, age: String) async throws {
        _ = try await database.psql(
            """
            insert into idempotency_keys (workspace_id, id, digest, job_id, created_at)
            select '\(workspace)', '\(age) ' || n, '', gen_random_uuid(), now() - interval '\(age)' from generate_series(1, \(count)) n
            """)
    }

    fileprivate func wish(for job: UUID, age: String) async throws {
        _ = try await database.psql(
            "insert into job_cancellations (workspace_id, id, requested_at) values ('\(workspace)', '\(job)', now() - interval '\(age)')")
    }
}
