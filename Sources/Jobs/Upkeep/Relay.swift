import Foundation
import Logging
import Redis

/// Makes good what acceptance promised: every accepted job of a ledger kind is in Redis or has an outcome.
///
/// **Three ways to be missing.** Of the first two it is proved that they are made good; the third is looked for.
///
/// 1. *The append after the commit failed* (the ingress died, Redis was away). The commit wrote a row into
///    `append_groups`, and only a successful append removes it. So the relay looks at the groups that have stood longer
///    than `relayAge`, and appends their owed jobs. It costs one row a group and nothing a job.
/// 2. *Redis lost what it had* (FLUSHALL, a lost disk, a failover to a replica that lags behind). Each partition carries an epoch,
///    written here into Redis and into PostgreSQL. While both agree, Redis holds everything that was appended under it. An
///    epoch is good only on the server that it was set on: where another has taken over, or it came back from its log, they differ.
///    When they differ, the relay appends every owed job that Redis does not hold. During that the
///    epoch says `pending` (`PendingEpoch`), so that a second loss in the middle starts it over:
///
///        seen ≠ recorded ─▶ set pending ─▶ append what is missing, renew pending ─▶ set <new> if still pending ─▶ record <new>
///          ▲                                │ an error, or the worker leaves
///          └──────── put back what was seen ─┘
///
/// 3. *Redis lost a part, and its epoch knows nothing of it*: a log that was not synced, an entry that somebody deleted under the
///    id of another. What has been owed for long is compared with what Redis holds, whatever the epoch says (`sweep`).
///
/// A job may be appended twice (its first append succeeded and only the confirmation was lost): a doubled entry finds
/// the outcome and is only acknowledged. A missing one would be a broken promise.
struct Relay: Sendable {
    let store: RelayStore
    let redis: RedisClient
    let configuration: JobsConfiguration
    let queues: [String]
    /// Whose relay it is.
    let worker: UUID
    let draining: Signal
    let clock: any Clock<Duration>
    let logger: Logger

    /// Acceptances that one statement looks at: 2,000 bodies at the most are a page, none of them beyond the inline limit.
    static let rows = 2000
    /// After a loss, until the sweep looks at everything again: longer than a batch is in anybody's hands.
    static let afterLoss = Duration.seconds(600)

    func run() async {
        repeat {
            // Each on its own: what is wrong with one partition must not keep the others from their jobs.
            await attempt("unconfirmed groups") { while try await relayUnconfirmed(), !draining.isRaised {} }
            for queue in queues {
                for partition in configuration.partitions(of: queue) where !draining.isRaised {
                    await attempt("\(partition)") { _ = try await reconcile(partition) }
                }
            }
        } while await draining.isQuiet(for: .seconds(1), clock: clock)
    }

    func attempt(_ what: String, _ operation: () async throws -> Void) async {
        do {
            try await operation()
        } catch {
            guard !draining.isRaised else { return }
            logger.warning("the relay could not look", metadata: ["at": "\(what)", "error": "\(error)"])
        }
    }

    /// The first way, one page of groups. Returns whether there may be more.
    func relayUnconfirmed() async throws -> Bool {
        try await store.unconfirmed(olderThan: configuration.relayAge, inline: configuration.inlineBodyLimit) { owed in
            try await append(owed)
            guard !owed.isEmpty else { return }
            Measures.relayed(owed.count)
            logger.notice("accepted jobs were appended by the relay", metadata: ["jobs": "\(owed.count)"])
        }
    }

    /// The second way. Returns how many jobs were missing; nil when nothing was wrong.
    func reconcile(_ partition: QueuePartition) async throws -> Int? {
        let queue = configuration.queue(partition, on: redis)
        let seen = try await queue.shownEpoch()
        let recorded = try await store.epoch(of: partition)
        if let name = seen.name, let recorded, name == recorded.lowercased { return nil }
        guard !PendingEpoch.isKept(seen, from: worker) else { return nil }
        var mark = PendingEpoch(in: queue, of: worker, seen: seen.name)
        let new = UUID.version7()
        let missing: Int
        do {
            guard try await mark.set() else { return nil }
            guard let appended = try await appendMissing(in: partition, queue, keeping: &mark) else { return nil }
            guard try await mark.conclude(as: new) else { return appended }
            missing = appended
        } catch {
            await mark.putBack()
            throw error
        }
        try await store.record(epoch: new, of: partition)
        if recorded != nil, missing > 0 {
            Measures.relayed(missing)
            logger.warning(
                "Redis had lost its data; owed jobs were appended again", metadata: ["partition": "\(partition)", "jobs": "\(missing)"])
        }
        // Who had read something before the loss may acknowledge it later, under an id that by then is another job's.
        if recorded != nil { try await store.repeatSweep(after: Self.afterLoss) }
        return missing
    }

    /// Appends what is owed and Redis does not hold.
    ///
    /// The ledger is asked first, for what Redis holds is the whole backlog: where nothing is owed nothing is missing, and what is
    /// accepted from now on is appended under the new epoch. What Redis held at one moment stands for all pages: a job that has
    /// left it since has its outcome, and one that has come since is appended a second time, which harms nothing.
    /// - Returns: how many they were; nil when another relay does the work by now, or must.
    private func appendMissing(in partition: QueuePartition, _ queue: Queue, keeping mark: inout PendingEpoch) async throws -> Int? {
        var held: Set<JobName>?
        var (missing, last) = (0, UUID(high: 0, low: 0))
        while let page = try await store.owed(in: partition, after: last, looking: Self.rows, inline: configuration.inlineBodyLimit) {
            guard !draining.isRaised else { throw CancellationError() }
            guard try await mark.keep() else { return nil }
            last = page.last
            guard !page.owed.isEmpty else { continue }
            let isFirst = held == nil
            if isFirst { held = try await heldJobs(of: queue, keeping: &mark) }
            guard let known = held else { return nil }
            var absent = page.owed.filter { !known.contains(JobName($0.envelope)) }
            if isFirst, !absent.isEmpty {
                // What left Redis while that was read was owed before, and has its outcome by now.
                let finished = try await store.finished(among: absent.map { JobName($0.envelope) })
                absent.removeAll { finished.contains(JobName($0.envelope)) }
            }
            try await append(absent)
            missing += absent.count
        }
        return missing
    }

    /// - Returns: nil when the mark is another's.
    func heldJobs(of queue: Queue, keeping mark: inout PendingEpoch) async throws -> Set<JobName>? {
        var pages = queue.held()
        var names: Set<JobName> = []
        while let page = try await pages.next() {
            guard !draining.isRaised else { throw CancellationError() }
            guard try await mark.keep() else { return nil }
            for job in page { names.insert(JobName(workspace: job.workspace, id: job.id)) }
        }
        return names
    }

    func append(_ owed: [RelayStore.Owed]) async throws {
        for (partition, jobs) in Dictionary(grouping: owed, by: \.partition) {
            try await configuration.queue(partition, on: redis).enter(
                jobs.map { ($0.envelope, $0.notBefore) }, inline: configuration.inlineBodyLimit)
        }
    }
}
