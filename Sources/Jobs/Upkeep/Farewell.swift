import Foundation
import Logging

/// How a worker leaves: in the order by which nothing of it waits for a lease to run out.
///
///     asked to leave ─▶ pools and takeovers end ─▶ hand back ─▶ heartbeats end ─▶ its name leaves Redis ─▶ its row says stopped
///
/// Beats go on until all is handed back, or others would take over what is about to come back. They end before the name goes, for a late
/// one would bring it back. Nothing else of the worker is waited for: upkeep that takes long to end holds the process up, and no job.
///
/// A Redis that is away keeps what it was not told: the lease settles that later. It keeps nobody from saying in PostgreSQL that
/// this worker has stopped: whoever finds its beats takes over what it left, stopped or not.
struct Farewell: Sendable {
    let worker: UUID
    let queues: [Queue]
    let workers: WorkerStore
    let leaving: Signal
    /// Pools and takeovers that have not ended.
    let drained: Countdown
    /// Heartbeats that have not ended.
    let beating: Countdown
    /// Raised when nothing is this worker's any more: heartbeats may end.
    let handedBack = Signal()
    private let left = Signal()
    let logger: Logger

    /// - Parameters:
    ///   - queues: each has a pool, a takeover and a heartbeat, which are counted down as they end.
    ///   - leaving: raised when the worker is asked to leave.
    init(worker: UUID, queues: [Queue], workers: WorkerStore, leaving: Signal, logger: Logger) {
        self.worker = worker
        self.queues = queues
        self.workers = workers
        self.leaving = leaving
        self.drained = Countdown(queues.count * 2)
        self.beating = Countdown(queues.count)
        self.logger = logger
    }

    /// Leaves when everything has drained. Returns without that where the task is cancelled.
    func run() async {
        await leaving.wait()
        await drained.zero.wait()
        guard leaving.isRaised, drained.zero.isRaised else { return }
        await leave()
    }

    /// Leaves now; once it has, it does nothing. What cannot be said is logged.
    func leave() async {
        guard !left.isRaised else { return }
        defer { left.raise() }
        let returned = await handBack()
        handedBack.raise()
        await beating.zero.wait()
        do {
            for queue in returned.queues { _ = try await queue.leave(worker: worker) }
        } catch {
            logger.warning("could not say goodbye to Redis; the lease will", metadata: ["error": "\(error)"])
        }
        do {
            try await workers.stopped(worker)
            logger.info("left", metadata: ["jobs_handed_back": "\(returned.jobs)"])
        } catch {
            logger.warning("could not say goodbye to PostgreSQL", metadata: ["error": "\(error)"])
        }
    }

    /// At once, for partitions may be on different servers; and each on its own, for only some of these may be away.
    /// - Returns: how many jobs were given back, and the partitions that heard of it.
    private func handBack() async -> (jobs: Int, queues: [Queue]) {
        await withTaskGroup(of: (queue: Queue, jobs: Int)?.self) { group in
            for queue in queues {
                group.addTask {
                    do {
                        return (queue: queue, jobs: try await queue.handBack(worker: worker))
                    } catch {
                        logger.warning(
                            "jobs could not be handed back; the lease will", metadata: ["partition": "\(queue.partition)", "error": "\(error)"])
                        return nil
                    }
                }
            }
            var all: (jobs: Int, queues: [Queue]) = (jobs: 0, queues: [])
            for await returned in group {
                guard let returned else { continue }
                all.jobs += returned.jobs
                all.queues.append(returned.queue)
            }
            return all
        }
    }
}
