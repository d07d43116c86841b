import Foundation
import Jobs
import Postgres

/// Finds the workspaces that have forks of a removed agent, and enqueues the word to them, some hundreds at a time.
///
/// PostgreSQL is the truth: the takedown is a row that its decision has written, and says how far it has come. Every worker runs a
/// sweep; each takes a takedown that no other one has in hand. A page is noted before its jobs are enqueued, so that no transaction
/// waits for the engine; whoever is lost between the two is found by the next pass (``Takedown``).
struct NoticeSweep: PeriodicTask {
    let name = "directory.notice-sweep"
    let interval = Duration.seconds(5)

    private let pool: PostgresPool
    private let enqueue: @Sendable (_ notice: NoteAgentRemoval, _ workspace: UUID, _ job: UUID) async throws -> Void

    /// - Parameter enqueue: hands one job to the engine. It is called for a whole page at once.
    init(
        pool: PostgresPool, enqueue: @escaping @Sendable (_ notice: NoteAgentRemoval, _ workspace: UUID, _ job: UUID) async throws -> Void
    ) {
        self.pool = pool
        self.enqueue = enqueue
    }

    init(pool: PostgresPool, producer: JobProducer) {
        self.init(pool: pool) { notice, workspace, job in
            // A workspace that is over its bound would fail the page of all others.
            _ = try await producer.accept(notice, workspace: workspace, id: job, isOwed: true)
        }
    }

    /// One round: every page that is due now.
    func run() async throws {
        _ = try await sweep()
    }

    /// - Returns: how many jobs were enqueued.
    func sweep() async throws -> Int {
        var total = 0
        while let count = try await sweepPage() {
            total += count
            try Task.checkCancellation()
        }
        return total
    }

    /// - Returns: nil when no takedown is due.
    private func sweepPage() async throws -> Int? {
        let claimed = try await pool.transaction(.role(.upkeep)) { transaction -> (takedown: Takedown, page: [UUID])? in
            guard let takedown = try await NoticeStore.claim(in: transaction) else { return nil }
            let page = try await NoticeStore.workspacesToTell(takedown, in: transaction)
            NoticeStore.note(takedown.step(after: page, limit: NoticeStore.pageLimit), of: takedown.removal, in: transaction)
            return (takedown: takedown, page: page)
        }
        guard let (takedown, page) = claimed else { return nil }
        // All at once: the producer gathers what is concurrent into one commit and one append.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for workspace in page {
                group.addTask { try await enqueue(NoteAgentRemoval(removal: takedown.removal), workspace, takedown.job(for: workspace)) }
            }
            try await group.waitForAll()
        }
        return page.count
    }
}
