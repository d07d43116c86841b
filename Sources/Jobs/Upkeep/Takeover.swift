import Foundation
import Logging
import Redis

/// Takes over, in one partition, the jobs of workers that stopped beating, and finds those that were delivered to this
/// worker and never arrived.
///
/// The order is the protocol: mark the dead worker's row (from then on it commits nothing), then claim its entries,
/// then run them one by one, alone, so that a job that kills its worker is found without condemning its neighbours.
/// Long runs go on beside this loop, at most `places` of them; those beyond stay pending for this worker and come up
/// again as lost ones.
struct Takeover: Sendable {
    let queue: Queue
    let executor: Executor
    let registry: HandlerRegistry
    let workers: WorkerStore
    let dead: DeadWorkers
    let inFlight: InFlight
    let lease: Duration
    let drainBudget: Duration
    /// Long runs that are taken over at once.
    let places: Int
    /// Raised when a run finds that this worker was declared dead.
    private let fenced = Signal()
    let logger: Logger

    /// How many workers may die while they run a job alone: then it is what kills them. Deaths count and not starts: the answer to a
    /// start may be lost and the same worker begins again, and of two copies both may be begun by workers that live.
    static let lonelyStarts = 2
    /// Long runs go on together, and any of them may be the one that kills.
    static let lonelyStartsOfRuns = 4

    /// Takes over until the worker leaves; then what was begun has the drain budget.
    /// - Throws: `JobError(.fenced)` when others have declared this worker dead.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await takeOverUntilDraining() }
            group.addTask {
                await executor.draining.wait()
                // Cancelled when nothing is left to wait for.
                try? await executor.clock.sleep(for: drainBudget)
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func takeOverUntilDraining() async throws {
        try await withThrowingTaskGroup(of: Void.self) { runs in
            var begun = 0
            while await isTime() {
                if fenced.isRaised { break }
                do {
                    // What this worker was given before a pause it finishes, be the delivery lost; what others had waits.
                    if !executor.controls.isPaused(queue.partition.queue) {
                        for worker in dead.take() { try await takeOver(worker, &runs, &begun) }
                    }
                    try await recover(&runs, &begun)
                } catch {
                    if Failure(error) == .fenced { throw error }
                    if !executor.draining.isRaised {
                        logger.warning("a takeover was given up", metadata: ["partition": "\(queue.partition)", "error": "\(error)"])
                    }
                }
            }
            // Until all have ended, or one says that this worker is dead.
            while try await runs.next() != nil {}
        }
    }

    /// Waits until a worker was found dead, for a quarter of the lease at most.
    ///
    /// - Returns: false when this worker leaves.
    private func isTime() async -> Bool {
        // In a paused queue the dead keep, and their news with them: it would be time without end.
        guard !executor.controls.isPaused(queue.partition.queue) else {
            return await executor.draining.isQuiet(for: lease / 4, clock: executor.clock)
        }
        if executor.draining.isRaised || Task.isCancelled { return false }
        let news = dead.news
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await executor.draining.wait() }
            group.addTask { await news.wait() }
            group.addTask { try? await executor.clock.sleep(for: lease / 4) }
            await group.next()
            group.cancelAll()
        }
        return !executor.draining.isRaised && !Task.isCancelled
    }

    private func takeOver(_ worker: UUID, _ runs: inout ThrowingTaskGroup<Void, any Error>, _ begun: inout Int) async throws {
        let wasRunning = try await workers.markDead(worker)
        var taken = 0
        while !executor.draining.isRaised, !executor.controls.isPaused(queue.partition.queue) {
            let (found, gone) = try await queue.claim(from: worker, to: executor.worker)
            taken += found.count
            try await settle(found, &runs, &begun)
            if gone || found.isEmpty { break }
        }
        Measures.takenOver(taken)
        logger.notice(
            "a worker is dead; its jobs were taken over",
            metadata: ["worker": "\(worker.lowercased)", "partition": "\(queue.partition)", "jobs": "\(taken)", "was_running": "\(wasRunning)"])
    }

    /// Jobs that Redis counts as delivered to this worker and that nobody here holds.
    private func recover(_ runs: inout ThrowingTaskGroup<Void, any Error>, _ begun: inout Int) async throws {
        let lost = inFlight.lost(of: try await queue.pending(of: executor.worker))
        guard !lost.isEmpty else { return }
        logger.notice("jobs that were delivered and not begun are begun now", metadata: ["jobs": "\(lost.count)"])
        for start in stride(from: 0, to: lost.count, by: 500) {
            try await settle(try await queue.entries(Array(lost[start..<min(start + 500, lost.count)])), &runs, &begun)
        }
    }

    private func settle(_ found: ReadEntries, _ runs: inout ThrowingTaskGroup<Void, any Error>, _ begun: inout Int) async throws {
        for entry in found.unreadable { try await executor.bury(entry, in: queue) }
        // Most of a dead worker's jobs had committed and only lacked the acknowledgement: one look settles them.
        let marked = found.entries.map { entry in
            var seen = entry
            seen.envelope.marks.insert(.seen)
            return seen
        }
        let page = inFlight.began(marked.map(\.key))
        defer { inFlight.ended(page) }
        for entry in try await executor.unfinished(marked, in: queue) {
            if executor.draining.isRaised { return }
            switch registry.runner(for: entry.envelope.kind) {
            case .run(let runner):
                // Finished ones make room; how many exactly does not matter.
                if begun >= places, try await runs.next() != nil { begun -= 1 }
                guard try await mayBegin(entry, limit: Self.lonelyStartsOfRuns, isRun: true) else { continue }
                begun += 1
                // It outlives this page.
                let ticket = inFlight.began([entry.key])
                runs.addTask {
                    defer { inFlight.ended(ticket) }
                    do {
                        try await executor.guarding { try await executor.run(entry, with: runner, in: queue, isRedelivered: true) }
                    } catch {
                        // Looked at by the loop, which otherwise asks the runs for nothing until it needs their places.
                        fenced.raise()
                        throw error
                    }
                }
            case .transactional, nil:
                guard try await mayBegin(entry, limit: Self.lonelyStarts) else { continue }
                try await executor.guarding { try await executor.execute([entry], in: queue) }
            }
        }
    }

    private func mayBegin(_ entry: Entry, limit: Int, isRun: Bool = false) async throws -> Bool {
        switch try await queue.beginAlone(entry, by: executor.worker, isRun: isRun) {
        case .begun(let deaths) where deaths < limit:
            return true
        case .begun:
            let error = PermanentJobError("its worker died \(limit) times while it ran alone", code: "worker_crashed")
            try await executor.bury(entry, code: error.code, error: error, in: queue)
            return false
        case .notOurs, .leftToAnother:
            return false
        }
    }
}
