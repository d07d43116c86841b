import Foundation
package import Postgres
package import Redis

/// What an audit found.
package struct AuditResult: Sendable {
    package struct Row: Sendable {
        package let place: AuditPlace
        package let sums: AuditSums
    }

    /// Jobs of a partition that are unaccounted for, all of one promise.
    package struct Gap: Sendable, Equatable {
        package let partition: QueuePartition
        package let acceptance: JobKind.Acceptance
        package let jobs: Int
        /// The key in Redis by which the relay knows that the partition's data is whole.
        package let epochKey: String
        /// Redis has not the data any more that the relay saw: a relay appends again what the ledger owes.
        package let isRelayed: Bool
    }

    /// By queue, then by promise, then by workspace.
    package let rows: [Row]
    /// The first of what should not be as it is, at most 100; the sums count all.
    package let findings: [AuditFinding]
    package let gaps: [Gap]

    package var total: AuditSums { rows.reduce(AuditSums()) { $0 + $1.sums } }
}

/// Compares what was accepted with what became of it, while everything goes on.
///
/// **For ledger kinds it is proof**, because of the order:
///
/// 1. The ledger: acceptances without an outcome, each with whether its append is confirmed, in one statement a page. What is
///    confirmed then was in Redis before, and leaves it only after its outcome has committed.
/// 2. Redis: everything that each partition holds. A job that is there all the time is found wherever it moves (`HeldPages`).
/// 3. The ledger again, for those that were not found. What was not in Redis in step 2 and has no outcome in step 3 is
///    unaccounted for.
///
/// 2 and 3 come again after a while for whatever is left, for the one case that they leave open: a job that died and was
/// replayed in between. What is accepted meanwhile is not this audit's.
///
/// **For stream kinds it finds divergence, not a lost machine.** Nobody keeps what was accepted but Redis itself: notes of
/// acceptance and runs that have begun are held against entries and outcomes in the same way. What Redis lost together with
/// its note, before it began, leaves no trace. Their sums are of a moving system.
///
/// It reads in pages, changes nothing, and takes a time that is linear in what PostgreSQL and Redis hold. It keeps the names of
/// owed and waiting jobs, 32 bytes each, and nothing of those that are done.
///
/// - Throws: whatever a store throws. There is no result then: unknown is not zero.
package struct Audit: Sendable {
    /// Passages through Redis at the most.
    static let looks = 3
    /// Before another look: longer than an acknowledgement takes, or a relay's round.
    static let pause = Duration.seconds(2)

    private typealias Owed = [QueuePartition: [JobName: AuditBook.Owed]]

    private let store: AuditStore
    private let epochs: RelayStore
    private let redis: RedisClient
    private let configuration: JobsConfiguration
    private let kinds: [JobKind]
    private let clock: any Clock<Duration>

    /// - Parameter kinds: all that this release knows.
    package init(
        pool: PostgresPool, redis: RedisClient, configuration: JobsConfiguration, kinds: [JobKind], clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.store = AuditStore(pool: pool)
        self.epochs = RelayStore(pool: pool)
        self.redis = redis
        self.configuration = configuration
        self.kinds = kinds
        self.clock = clock
    }

    /// - Parameter queue: nil for all.
    package func run(queue: String? = nil, byWorkspace: Bool = false) async throws -> AuditResult {
        var sheet = AuditSheet(kinds: kinds.filter { queue == nil || $0.queue == queue }, byWorkspace: byWorkspace)
        var owed: Owed = [:]
        try await readLedger(queue, into: &owed, on: &sheet)
        try await readOutcomes(queue, on: &sheet)
        try await readRunning(into: &owed, on: sheet)
        try await readNotes(queue, into: &owed)

        var books = partitions(of: queue, owed).map { AuditBook(partition: $0, owed: owed.removeValue(forKey: $0) ?? [:]) }
        for look in 0..<Self.looks {
            let unsettled = books.indices.filter { !books[$0].isSettled }
            guard !unsettled.isEmpty else { break }
            if look > 0 { try await clock.sleep(for: Self.pause) }
            for index in unsettled { try await pass(into: &books[index], isFirst: look == 0, on: &sheet) }
        }
        for book in books { book.close(on: &sheet) }

        var gaps: [AuditResult.Gap] = []
        for book in books where !book.candidates.isEmpty { gaps += try await self.gaps(of: book) }
        let rows = sheet.rows.map { AuditResult.Row(place: $0.key, sums: $0.value) }.sorted { $0.place.order < $1.place.order }
        return AuditResult(rows: rows, findings: sheet.findings, gaps: gaps)
    }

    // MARK: What must be there

    private func readLedger(_ queue: String?, into owed: inout Owed, on sheet: inout AuditSheet) async throws {
        var last = UUID(high: 0, low: 0)
        while let page = try await store.accepted(after: last, queue: queue, byWorkspace: sheet.byWorkspace) {
            for group in page.groups {
                sheet.add(group)
                for job in group.appended { owed[group.partition, default: [:]][job] = .appended }
                for job in group.underWay { owed[group.partition, default: [:]][job] = .underWay }
            }
            last = page.last
        }
    }

    private func readOutcomes(_ queue: String?, on sheet: inout AuditSheet) async throws {
        let ledger = kinds.filter { $0.acceptance == .ledger }.map(\.name)
        var last = JobName(workspace: UUID(high: 0, low: 0), id: UUID(high: 0, low: 0))
        while let page = try await store.finished(after: last, ledger: ledger, byWorkspace: sheet.byWorkspace) {
            for group in page.groups { sheet.add(group, of: queue) }
            last = page.last
        }
    }

    private func readRunning(into owed: inout Owed, on sheet: AuditSheet) async throws {
        var last = JobName(workspace: UUID(high: 0, low: 0), id: UUID(high: 0, low: 0))
        while true {
            let page = try await store.running(after: last)
            for (kind, job) in page {
                // The sheet knows the kinds of the queues that are looked at.
                guard let kind = sheet.kind(kind) else { continue }
                let partition = QueuePartition(queue: kind.queue, index: configuration.partition(of: job.workspace))
                owed[partition, default: [:]][job] = .begun
            }
            guard page.count == AuditStore.listed, let end = page.last else { return }
            last = end.job
        }
    }

    private func readNotes(_ queue: String?, into owed: inout Owed) async throws {
        var pages = NotePages(client: redis, prefix: configuration.prefix, queue: queue)
        while let page = try await pages.next() {
            for note in page where owed[note.partition]?[note.job] == nil { owed[note.partition, default: [:]][note.job] = .noted }
        }
    }

    /// Those that workers read, and others in which something is owed: the number of partitions may have been another.
    private func partitions(of queue: String?, _ owed: Owed) -> [QueuePartition] {
        let queues = queue.map { [$0] } ?? Set(kinds.map(\.queue)).sorted()
        let read = queues.flatMap { configuration.partitions(of: $0) }
        return read + Set(owed.keys).subtracting(read).sorted { ($0.queue, $0.index) < ($1.queue, $1.index) }
    }

    // MARK: What is there

    /// One look.
    private func pass(into book: inout AuditBook, isFirst: Bool, on sheet: inout AuditSheet) async throws {
        let queue = configuration.queue(book.partition, on: redis)
        book.beginLook()
        var pages = queue.held()
        while let page = try await pages.next() { try await see(page, into: &book, on: &sheet) }
        for part in Self.parts(of: book.candidates, HeldPages.located) {
            let (moved, later) = try await pages.locate(part.map(\.id))
            try await see(moved, into: &book, on: &sheet)
            book.locate(part.filter { later.contains($0.id) }, on: &sheet)
        }
        for part in Self.parts(of: book.candidates, AuditStore.listed) {
            let facts = try await store.facts(of: part)
            book.settle(facts, on: &sheet)
        }
        for part in Self.parts(of: book.noted, NotePages.size) {
            let noted = try await queue.noted(part.map(\.id))
            book.forget(part.filter { !noted.contains($0.id) })
        }
        book.endLook()
        if isFirst, pages.unreadable > 0 {
            sheet.count(book.partition.queue, nil, nil) { $0.unexplained += pages.unreadable }
        }
    }

    private func see(_ page: [HeldJob], into book: inout AuditBook, on sheet: inout AuditSheet) async throws {
        let asked = book.see(page, on: &sheet)
        for part in Self.parts(of: asked, AuditStore.listed) {
            let facts = try await store.facts(of: part.map { JobName(workspace: $0.workspace, id: $0.id) })
            book.learn(facts, of: part, on: &sheet)
        }
    }

    private static func parts<Element>(of whole: [Element], _ size: Int) -> [[Element]] {
        stride(from: 0, to: whole.count, by: size).map { Array(whole[$0..<min($0 + size, whole.count)]) }
    }

    private func gaps(of book: AuditBook) async throws -> [AuditResult.Gap] {
        let queue = configuration.queue(book.partition, on: redis)
        let (seen, recorded) = (try await queue.epoch(), try await epochs.epoch(of: book.partition))
        let counts = Dictionary(grouping: book.candidates) { book.missing[$0]?.acceptance ?? .ledger }.mapValues(\.count)
        return counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { acceptance, jobs in
            AuditResult.Gap(
                partition: book.partition, acceptance: acceptance, jobs: jobs, epochKey: queue.keys.epoch,
                isRelayed: acceptance == .ledger && (seen == nil || seen != recorded?.lowercased))
        }
    }
}

extension AuditPlace {
    /// What this release does not know comes last.
    fileprivate var order: (String, String, String) {
        (queue ?? "\u{10FFFF}", acceptance?.rawValue ?? "\u{10FFFF}", workspace?.lowercased ?? "")
    }
}
