import Foundation
import Logging
import Redis

/// Reads one partition and runs what it reads, until drained. The shell of `PoolMachine`: one task group, one event at
/// a time.
struct Pool: Sendable {
    let queue: Queue
    let executor: Executor
    let inFlight: InFlight
    let reads: ReadWatch
    let batch: Int
    /// What a batch has at least: where a commit is shared, its cost is not that of its jobs.
    let fewest: Int
    let units: Int
    /// What a drain may take before running work is cancelled.
    let drainBudget: Duration
    let logger: Logger

    private enum Event: Sendable {
        case read(ReadEntries, of: ReadPlan.Read, isTopUp: Bool)
        case readFailed
        case unitEnded(count: Int, elapsed: Duration)
        case drainRequested
        case budgetUsed
        case nothing
    }

    /// What was read and is not begun yet.
    private struct Held: Sendable {
        var found = ReadEntries()
        var tickets: [Int] = []
    }

    /// A blocking read returns after this long, empty. Short enough to notice a socket that is half open.
    static let block = Duration.seconds(5)
    /// Entries in a unit before the first one has ended: who begins with hundreds of slow jobs has them in hand for minutes.
    private static let first = 25
    /// Under load a short read waits this long for company.
    private static let linger = Duration.milliseconds(5)

    /// Runs until the drain signal and the end of what was begun.
    /// - Throws: `JobError(.fenced)` when this worker was declared dead.
    func run() async throws {
        let connection = queue.client.blockingConnection()
        var machine = PoolMachine(batch: batch, units: units, first: Self.first)
        var plan = ReadPlan(least: batch > 1 ? 16 : 1)
        var pace = Pace()
        var held = Held()
        var pause = Duration.milliseconds(50)
        defer {
            reads.settled(queue.partition)
            logger.debug("a pool ended", metadata: ["partition": "\(queue.partition)"])
        }

        try await withThrowingTaskGroup(of: Event.self) { group in
            let stopReading = Signal()
            group.addTask {
                await executor.draining.wait()
                return .drainRequested
            }
            func perform(_ actions: [PoolMachine.Action]) -> Bool {
                for action in actions {
                    switch action {
                    case .read(let count):
                        reads.wanted(queue.partition)
                        let planned = plan.next(room: count)
                        group.addTask { await read(planned, on: connection, until: stopReading) }
                    case .topUp(let count):
                        let planned = plan.next(room: count)
                        group.addTask { await topUp(planned, on: connection) }
                    case .run:
                        begin(held, in: &group)
                        held = Held()
                    case .stop:
                        group.cancelAll()
                        return true
                    }
                }
                return false
            }
            if perform(machine.started()) { return }
            while let event = try await group.next() {
                let actions: [PoolMachine.Action]
                switch event {
                case .read(let found, let planned, let isTopUp):
                    pause = .milliseconds(50)
                    reads.settled(queue.partition)
                    plan.returned(found.counts, of: planned)
                    // Long runs end one by one: each has a ticket of its own, taken when it begins.
                    if batch > 1, !found.isEmpty { held.tickets.append(inFlight.began(found.keys)) }
                    held.found += found
                    // Entries that cannot be read need room as the others do.
                    actions = machine.readReturned(count: found.count, isTopUp: isTopUp)
                case .readFailed:
                    await wait(pause)
                    pause = min(pause * 2, .seconds(2))
                    actions = machine.readFailed()
                case .unitEnded(let count, let elapsed):
                    pace.ended(count: count, elapsed: elapsed)
                    actions = machine.unitEnded(most: batch > 1 ? pace.most.map { max($0, fewest) } : nil)
                case .drainRequested:
                    stopReading.raise()
                    group.addTask {
                        try? await executor.clock.sleep(for: drainBudget)
                        return Task.isCancelled ? .nothing : .budgetUsed
                    }
                    actions = machine.drainRequested()
                case .budgetUsed:
                    logger.warning("the drain budget is used up; unfinished jobs are handed back", metadata: ["partition": "\(queue.partition)"])
                    group.cancelAll()
                    actions = []
                case .nothing:
                    actions = []
                }
                if perform(actions) { break }
            }
        }
        await connection.close()
    }

    private func begin(_ held: Held, in group: inout ThrowingTaskGroup<Event, any Error>) {
        if batch > 1 {
            unit(of: held.tickets, count: held.found.count, in: &group) {
                for entry in held.found.unreadable { try await executor.bury(entry, in: queue) }
                try await executor.execute(held.found.entries, in: queue)
            }
            return
        }
        for entry in held.found.unreadable {
            unit(of: [inFlight.began([entry.key])], count: 1, in: &group) { try await executor.bury(entry, in: queue) }
        }
        for entry in held.found.entries {
            unit(of: [inFlight.began([entry.key])], count: 1, in: &group) { try await executor.execute([entry], in: queue) }
        }
    }

    private func unit(
        of tickets: [Int], count: Int, in group: inout ThrowingTaskGroup<Event, any Error>, _ work: @escaping @Sendable () async throws -> Void
    ) {
        group.addTask {
            defer { for ticket in tickets { inFlight.ended(ticket) } }
            let started = ContinuousClock.now
            try await executor.guarding(work)
            return .unitEnded(count: count, elapsed: ContinuousClock.now - started)
        }
    }

    /// A blocking read that gives up when the pool drains or the queue is paused, and waits while it is. What the server
    /// delivered in that very moment stays pending for this worker: it is found again as lost, or handed back when the worker
    /// leaves.
    private func read(_ planned: ReadPlan.Read, on connection: RedisBlockingConnection, until stop: Signal) async -> Event {
        var (isPaused, change) = executor.controls.pause(of: queue.partition.queue)
        while isPaused {
            // Who does not want to read is not stuck.
            reads.settled(queue.partition)
            guard await untilEither(change, stop) else { return .readFailed }
            reads.wanted(queue.partition)
            (isPaused, change) = executor.controls.pause(of: queue.partition.queue)
        }
        // Not a race of two tasks: the entries would wait until the other one has been cancelled and has ended.
        let call = Task { await attempt(planned, on: connection) }
        let (stopping, changing) = (stop.listen(call.cancel), change.listen(call.cancel))
        let event = await withTaskCancellationHandler {
            await call.value
        } onCancel: {
            call.cancel()
        }
        stop.forget(stopping)
        change.forget(changing)
        // What arrived in that very moment is run; a read that was given up for a pause is no failure.
        if case .readFailed = event, change.isRaised, !stop.isRaised { return .read(ReadEntries(), of: planned, isTopUp: false) }
        return event
    }

    private func attempt(_ planned: ReadPlan.Read, on connection: RedisBlockingConnection) async -> Event {
        do {
            let found = try await queue.healingGroup {
                try await queue.perform(planned, worker: executor.worker.lowercased, block: Self.block, on: connection)
            }
            return .read(found, of: planned, isTopUp: false)
        } catch is CancellationError {
            return .readFailed
        } catch {
            if !Task.isCancelled {
                logger.warning("a queue could not be read", metadata: ["partition": "\(queue.partition)", "error": "\(error)"])
            }
            return .readFailed
        }
    }

    /// - Returns: true when the queue was paused or resumed; false when the pool drains or the task is cancelled.
    private func untilEither(_ change: Signal, _ stop: Signal) async -> Bool {
        await withTaskGroup(of: Void.self) { race in
            race.addTask { await change.wait() }
            race.addTask { await stop.wait() }
            await race.next()
            race.cancelAll()
        }
        return change.isRaised && !stop.isRaised
    }

    private func topUp(_ planned: ReadPlan.Read, on connection: RedisBlockingConnection) async -> Event {
        try? await executor.clock.sleep(for: Self.linger)
        do {
            let found = try await queue.perform(planned, worker: executor.worker.lowercased, block: .milliseconds(1), on: connection)
            return .read(found, of: planned, isTopUp: true)
        } catch {
            // What is held already is run; the next read says what is wrong.
            return .read(ReadEntries(), of: planned, isTopUp: true)
        }
    }

    private func wait(_ pause: Duration) async {
        guard !executor.draining.isRaised else { return }
        _ = await executor.draining.isQuiet(for: pause, clock: executor.clock)
    }
}
