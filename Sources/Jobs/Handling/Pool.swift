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
    let units: Int
    /// What a drain may take before running work is cancelled.
    let drainBudget: Duration
    let logger: Logger

    private enum Event: Sendable {
        case read([Entry], [Entry.Unreadable], isTopUp: Bool)
        case readFailed
        case unitEnded
        case drainRequested
        case budgetUsed
        case nothing
    }

    /// What was read and is not begun yet.
    private struct Held: Sendable {
        var entries: [Entry] = []
        var unreadable: [Entry.Unreadable] = []
        var tickets: [Int] = []
    }

    /// A blocking read returns after this long, empty. Short enough to notice a socket that is half open.
    static let block = Duration.seconds(5)
    /// Under load a short read waits this long for company.
    private static let linger = Duration.milliseconds(5)

    /// Runs until the drain signal and the end of what was begun.
    /// - Throws: `JobError(.fenced)` when this worker was declared dead.
    func run() async throws {
        let connection = queue.client.blockingConnection()
        var machine = PoolMachine(batch: batch, units: units)
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
                        group.addTask { await read(count, on: connection, until: stopReading) }
                    case .topUp(let count):
                        group.addTask { await topUp(count, on: connection) }
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
                case .read(let entries, let faulty, let isTopUp):
                    pause = .milliseconds(50)
                    reads.settled(queue.partition)
                    // Long runs end one by one: each has a ticket of its own, taken when it begins.
                    if batch > 1 { held.tickets.append(inFlight.began(entries.map(\.id) + faulty.map(\.id))) }
                    held.entries += entries
                    held.unreadable += faulty
                    // Entries that cannot be read need room as the others do.
                    actions = machine.readReturned(count: entries.count + faulty.count, isTopUp: isTopUp)
                case .readFailed:
                    await wait(pause)
                    pause = min(pause * 2, .seconds(2))
                    actions = machine.readFailed()
                case .unitEnded:
                    actions = machine.unitEnded()
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
            unit(of: held.tickets, in: &group) {
                for entry in held.unreadable { try await executor.bury(entry, in: queue) }
                try await executor.execute(held.entries, in: queue)
            }
            return
        }
        for entry in held.unreadable {
            unit(of: [inFlight.began([entry.id])], in: &group) { try await executor.bury(entry, in: queue) }
        }
        for entry in held.entries {
            unit(of: [inFlight.began([entry.id])], in: &group) { try await executor.execute([entry], in: queue) }
        }
    }

    private func unit(
        of tickets: [Int], in group: inout ThrowingTaskGroup<Event, any Error>, _ work: @escaping @Sendable () async throws -> Void
    ) {
        group.addTask {
            defer { for ticket in tickets { inFlight.ended(ticket) } }
            try await executor.guarding(work)
            return .unitEnded
        }
    }

    /// A blocking read that gives up when the pool drains. What the server delivered in that very moment stays pending
    /// for this worker and is handed back when it leaves.
    private func read(_ count: Int, on connection: RedisBlockingConnection, until stop: Signal) async -> Event {
        await withTaskGroup(of: Event?.self) { race in
            race.addTask {
                do {
                    let reply = try await queue.healingGroup {
                        try await queue.read(worker: executor.worker.lowercased, count: count, block: Self.block, on: connection)
                    }
                    let (entries, unreadable) = Entry.read(reply)
                    return .read(entries, unreadable, isTopUp: false)
                } catch is CancellationError {
                    return .readFailed
                } catch {
                    if !Task.isCancelled {
                        logger.warning("a queue could not be read", metadata: ["partition": "\(queue.partition)", "error": "\(error)"])
                    }
                    return .readFailed
                }
            }
            race.addTask {
                await stop.wait()
                return nil
            }
            var result: Event = .readFailed
            while let first = await race.next() {
                race.cancelAll()
                if let first { result = first }
            }
            return result
        }
    }

    private func topUp(_ count: Int, on connection: RedisBlockingConnection) async -> Event {
        try? await executor.clock.sleep(for: Self.linger)
        do {
            let reply = try await queue.read(worker: executor.worker.lowercased, count: count, block: .milliseconds(1), on: connection)
            let (entries, unreadable) = Entry.read(reply)
            return .read(entries, unreadable, isTopUp: true)
        } catch {
            // What is held already is run; the next read says what is wrong.
            return .read([], [], isTopUp: true)
        }
    }

    private func wait(_ pause: Duration) async {
        guard !executor.draining.isRaised else { return }
        _ = await executor.draining.isQuiet(for: pause, clock: executor.clock)
    }
}
