import Foundation
import Logging
import Redis

/// Beats for this worker in one partition, and takes over the jobs of those that stopped beating.
///
/// The order is the protocol: mark the dead worker's row (from then on it commits nothing), then claim its entries,
/// then run them one by one, alone, so that a job that kills its worker is found without condemning its neighbours.
struct Takeover: Sendable {
    let queue: Queue
    let executor: Executor
    let registry: HandlerRegistry
    let workers: WorkerStore
    let lease: Duration
    let logger: Logger

    /// How often a job may be begun alone without coming to an end: beyond it, it is what kills its workers.
    static let lonelyStarts = 2

    /// Beats until the worker leaves.
    /// - Throws: `JobError(.fenced)` when others have declared this worker dead.
    func run() async throws {
        var observer = Lease(length: lease)
        while true {
            do {
                let beats = try await queue.beat(worker: executor.worker)
                for dead in observer.observed(now: beats.now, beats: beats.workers) where dead != executor.worker {
                    try await takeOver(dead)
                }
            } catch let error as JobError where error.code == .fenced {
                throw error
            } catch {
                if Failure(error) == .fenced { throw error }
                if !executor.draining.isRaised {
                    observer.lostSight()
                    logger.warning("no heartbeat was possible", metadata: ["partition": "\(queue.partition)", "error": "\(error)"])
                }
            }
            guard await executor.draining.isQuiet(for: lease / 4, clock: executor.clock) else { return }
        }
    }

    private func takeOver(_ dead: UUID) async throws {
        let wasRunning = try await workers.markDead(dead)
        var taken = 0
        while !executor.draining.isRaised {
            let (items, gone) = try await queue.claim(from: dead, to: executor.worker)
            let (entries, unreadable) = Entry.read(items: items)
            for entry in unreadable { try await executor.bury(entry, in: queue) }
            taken += entries.count
            try await runAlone(entries)
            if gone || items.isEmpty { break }
        }
        Measures.takenOver(taken)
        logger.notice(
            "a worker is dead; its jobs were taken over",
            metadata: ["worker": "\(dead.lowercased)", "partition": "\(queue.partition)", "jobs": "\(taken)", "was_running": "\(wasRunning)"])
    }

    private func runAlone(_ entries: [Entry]) async throws {
        // Most of a dead worker's jobs had committed and only lacked the acknowledgement: one look settles them.
        let marked = entries.map { entry in
            var seen = entry
            seen.envelope.marks.insert(.seen)
            return seen
        }
        let owed = try await executor.unfinished(marked, in: queue)
        try await withThrowingTaskGroup(of: Void.self) { runs in
            for entry in owed {
                switch registry.runner(for: entry.envelope.kind) {
                case .run(let runner):
                    // Long runs wait for the world outside; one after the other would take hours.
                    runs.addTask { try await executor.run(entry, with: runner, in: queue, isRedelivered: true) }
                case .transactional, nil:
                    let starts = try await queue.beginAlone(entry.envelope.id)
                    if starts > Self.lonelyStarts {
                        let error = PermanentJobError("its worker died \(Self.lonelyStarts) times while it ran alone", code: "worker_crashed")
                        try await executor.bury(entry, code: error.code, error: error, in: queue)
                    } else {
                        try await executor.execute([entry], in: queue)
                    }
                }
            }
            try await runs.waitForAll()
        }
    }
}
