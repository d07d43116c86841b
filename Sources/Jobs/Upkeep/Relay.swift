import Foundation
import Logging
import Redis

/// Makes good what acceptance promised: every accepted job of a ledger kind is in Redis or has an outcome.
///
/// **Two ways to be missing, two proofs.**
///
/// 1. *The append after the commit failed* (the ingress died, Redis was away). The commit wrote a row into
///    `append_groups`, and only a successful append removes it. So the relay looks at the groups that have stood longer
///    than `relayAge`, and appends their owed jobs. It costs one row a group and nothing a job.
/// 2. *Redis lost what it had* (FLUSHALL, a lost disk, a failover to an empty replica). Each partition carries an epoch,
///    written here into Redis and into PostgreSQL. While both agree, Redis holds everything that was appended under it.
///    When they differ, the relay appends every owed job that Redis does not hold. During that the
///    epoch says `pending`, so that a second loss in the middle starts it over:
///
///        seen ≠ recorded ─▶ set pending:<new> ─▶ append what is missing ─▶ set <new> if still pending:<new> ─▶ record <new>
///
/// A job may be appended twice (its first append succeeded and only the confirmation was lost): a doubled entry finds
/// the outcome and is only acknowledged. A missing one would be a broken promise.
struct Relay: Sendable {
    let store: RelayStore
    let redis: RedisClient
    let configuration: JobsConfiguration
    let queues: [String]
    let draining: Signal
    let clock: any Clock<Duration>
    let logger: Logger

    /// How long one reconciliation may take before another relay begins it anew.
    static let patience = Duration.seconds(120)

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

    private func attempt(_ what: String, _ operation: () async throws -> Void) async {
        do {
            try await operation()
        } catch {
            guard !draining.isRaised else { return }
            logger.warning("the relay could not look", metadata: ["at": "\(what)", "error": "\(error)"])
        }
    }

    /// The first way, one page of groups. Returns whether there may be more.
    func relayUnconfirmed() async throws -> Bool {
        try await store.unconfirmed(olderThan: configuration.relayAge) { owed in
            try await append(owed)
            guard !owed.isEmpty else { return }
            Measures.relayed(owed.count)
            logger.notice("accepted jobs were appended by the relay", metadata: ["jobs": "\(owed.count)"])
        }
    }

    /// The second way. Returns how many jobs were missing; nil when nothing was wrong.
    func reconcile(_ partition: QueuePartition) async throws -> Int? {
        let queue = configuration.queue(partition, on: redis)
        let seen = try await queue.epoch()
        let recorded = try await store.epoch(of: partition)
        if let seen, let recorded, seen == recorded.lowercased { return nil }
        // Somebody is at it. Its name tells when it began; one that takes this long is dead or as good as that.
        if let seen, seen.hasPrefix("pending:"), let began = UUID(uuidString: String(seen.dropFirst(8)))?.version7Milliseconds,
            Date().timeIntervalSince1970 * 1000 - Double(began) < Self.patience.inSeconds * 1000
        {
            return nil
        }

        let new = UUID.version7()
        let pending = "pending:" + new.lowercased
        guard try await queue.setEpoch(pending, seen: seen) else { return nil }
        // The ledger is asked first, for what Redis holds is the whole backlog: where nothing is owed nothing is missing, and what
        // is accepted from now on is appended under the new epoch.
        let first = UUID(high: 0, low: 0)
        let isOwing = try await !store.owed(in: partition, after: first, limit: 1).isEmpty
        let missing = isOwing ? try await appendMissing(in: partition, after: first, held: try await queue.heldJobs()) : 0
        guard try await queue.setEpoch(new.lowercased, seen: pending) else { return missing }
        try await store.record(epoch: new, of: partition)
        if recorded != nil, missing > 0 {
            Measures.relayed(missing)
            logger.warning(
                "Redis had lost its data; owed jobs were appended again", metadata: ["partition": "\(partition)", "jobs": "\(missing)"])
        }
        return missing
    }

    /// - Parameter held: what Redis held before this call: a job that has left it since has its outcome and is not owed.
    private func appendMissing(in partition: QueuePartition, after first: UUID, held: Set<JobName>) async throws -> Int {
        var (missing, last) = (0, first)
        while true {
            let page = try await store.owed(in: partition, after: last, limit: 1000)
            let absent = page.filter { !held.contains(JobName($0.envelope)) }
            try await append(absent)
            missing += absent.count
            guard page.count == 1000, let end = page.last else { return missing }
            last = end.envelope.id
        }
    }

    private func append(_ owed: [RelayStore.Owed]) async throws {
        for (partition, jobs) in Dictionary(grouping: owed, by: \.partition) {
            let queue = configuration.queue(partition, on: redis)
            for start in stride(from: 0, to: jobs.count, by: 500) {
                let page = jobs[start..<min(start + 500, jobs.count)]
                try await queue.enter(page.map { ($0.envelope.carried(limit: configuration.inlineBodyLimit), $0.notBefore) })
            }
        }
    }
}
