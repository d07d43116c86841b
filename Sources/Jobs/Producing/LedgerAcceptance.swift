import Foundation
import Logging
import Redis
import ServiceLifecycle
import Synchronization

/// Accepts ledger kinds: one commit for the group, then the answers, then one append for each partition.
///
/// What fails after the commit is not the producer's concern: the group stays unconfirmed and the relay appends it.
struct LedgerAcceptance: Sendable {
    typealias Performed = Batcher<AcceptanceStore.Item, AcceptanceStore.Answer>.Performed

    let store: AcceptanceStore
    let redis: RedisClient
    let configuration: JobsConfiguration
    let confirmations: Confirmations
    let logger: Logger

    func perform(_ items: [AcceptanceStore.Item]) async -> Performed {
        let group = UUID.version7()
        let confirmed = confirmations.take()
        do {
            let answers = try await store.commit(items, group: group, confirmed: confirmed)
            let accepted = zip(items, answers).filter { $0.1 == .accepted }.map(\.0)
            return Performed(answers: answers.map { .success($0) }) { await append(accepted, group: group) }
        } catch {
            confirmations.put(confirmed)
            let failure = JobError.unavailable("ledger", error)
            return Performed(answers: items.map { _ in .failure(failure) })
        }
    }

    func append(_ items: [AcceptanceStore.Item], group: UUID) async {
        // Waiting long for a Redis that is away, or for a node of it, would hold the next commit up: the group stands, and the relay
        // finds it.
        let statistics = redis.statistics
        let patience: Duration? = statistics.connected > 0 && statistics.connected == statistics.connections ? nil : .milliseconds(500)
        let partitions = Dictionary(grouping: items) { QueuePartition(queue: $0.queue, index: $0.partition) }
        do {
            if partitions.count == 1, let (partition, items) = partitions.first {
                try await append(items, to: partition, timeout: patience)
            } else {
                // At once, for they may be on different servers; and each on its own, for only some of these may be away.
                let failures = await withTaskGroup(of: (any Error)?.self) { tasks in
                    for (partition, items) in partitions {
                        tasks.addTask {
                            do {
                                try await append(items, to: partition, timeout: patience)
                                return nil
                            } catch {
                                return error
                            }
                        }
                    }
                    var failures: [any Error] = []
                    for await failure in tasks { if let failure { failures.append(failure) } }
                    return failures
                }
                if let failure = failures.first { throw failure }
            }
            confirmations.put([group])
        } catch {
            logger.warning(
                "accepted jobs were not appended; the relay will",
                metadata: ["jobs": "\(items.count)", "group": "\(group.lowercased)", "error": "\(error)"])
        }
    }
}

extension LedgerAcceptance {
    private func append(_ items: [AcceptanceStore.Item], to partition: QueuePartition, timeout: Duration?) async throws {
        try await configuration.queue(partition, on: redis).enter(
            items.map { ($0.envelope, $0.notBefore) }, inline: configuration.inlineBodyLimit, timeout: timeout)
    }
}

extension Envelope {
    /// What the stream carries: the body itself, or its reference when it is large.
    func carried(limit: Int) -> Envelope {
        guard body.count > limit else { return self }
        var carried = self
        carried.marks.insert(.stored)
        carried.body = []
        return carried
    }
}

/// Groups whose jobs are known to be in Redis. Forgetting them rides along with the next commit, or happens within a
/// second when none comes: well before the relay would look.
final class Confirmations: Sendable {
    private let groups = Mutex<[UUID]>([])
    private let store: AcceptanceStore
    private let logger: Logger

    init(store: AcceptanceStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    func put(_ confirmed: [UUID]) {
        groups.withLock { $0.append(contentsOf: confirmed) }
    }

    func take() -> [UUID] {
        groups.withLock { groups in
            defer { groups = [] }
            return groups
        }
    }

    func flush() async {
        let confirmed = take()
        guard !confirmed.isEmpty else { return }
        do {
            try await store.confirm(confirmed)
        } catch {
            put(confirmed)
            logger.debug("groups could not be confirmed yet", metadata: ["error": "\(error)"])
        }
    }

    /// Forgets confirmed groups once a second until `end` is raised, and once more after that.
    func run(until end: Signal, clock: any Clock<Duration> = ContinuousClock()) async {
        while await end.isQuiet(for: .seconds(1), clock: clock) { await flush() }
        await flush()
    }
}
