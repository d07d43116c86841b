import Logging

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

    enum Event: Sendable {
        case read(ReadEntries, of: Reading)
        case readFailed(Reading)
        case unitEnded(Place, count: Int, elapsed: Duration)
        case drainRequested
        case budgetUsed
        case nothing
    }

    /// Where a batch or a long run is.
    enum Place: Sendable {
        case unit
        /// In a unit, but of ready entries that were kept apart in a flood.
        case apart
        case express
    }

    /// Entries in a unit before the first one has ended: who begins with hundreds of slow jobs has them in hand for minutes.
    private static let first = 25

    /// Runs until the drain signal and the end of what was begun.
    /// - Throws: `JobError(.fenced)` when this worker was declared dead.
    func run() async throws {
        var machine = PoolMachine(batch: batch, units: units, first: Self.first)
        let least = batch > 1 ? 16 : 1
        var ordinary = Reader(ReadPlan(least: least))
        let unconnected = Reader(ReadPlan(over: Lane.allReady, least: least))
        var express = unconnected
        var pace = Pace()
        var held = Held()
        defer {
            reads.settled(queue.partition)
            reads.settled(queue.partition, isExpress: true)
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
                        let reading = ordinary.next(.ordinary, room: count, of: queue)
                        let pause = ordinary.pause
                        group.addTask { await read(reading, until: stopReading, pause: pause) }
                    case .topUp(let count):
                        let reading = ordinary.next(.topUp, room: count, of: queue)
                        group.addTask { await topUp(reading) }
                    case .readExpress(let count):
                        reads.wanted(queue.partition, isExpress: true)
                        let reading = express.next(.express, room: count, of: queue)
                        let pause = express.pause
                        group.addTask { await read(reading, until: stopReading, pause: pause) }
                    case .run:
                        begin(held.takeAll(), in: .unit, of: &group)
                    case .runReady(let isExpress):
                        begin(held.takeReady(), in: isExpress ? .express : .apart, of: &group)
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
                case .read(let found, let reading) where reading.isExpress:
                    reads.settled(queue.partition, isExpress: true)
                    express.returned(found, of: reading)
                    actions = machine.expressReturned(count: hold(found, in: &held).ready)
                case .read(let found, let reading):
                    reads.settled(queue.partition)
                    ordinary.returned(found, of: reading)
                    // Entries that cannot be read need room as the others do.
                    let (ready, bulk) = hold(found, in: &held)
                    actions = machine.readReturned(
                        ready: ready, bulk: bulk, isTopUp: reading.kind == .topUp, isFlooded: ordinary.plan.isFlooded)
                    // Nothing waits: the next flood has a socket of its own. Until then it is kept, for floods come and go.
                    if found.isEmpty, !machine.isFlooded, !machine.isReadingExpress { express = unconnected }
                case .readFailed(let reading) where reading.isExpress:
                    express.failed()
                    actions = machine.expressFailed()
                    // Where a unit has become free in the meantime, it is its reads that are asked whether they are stuck.
                    if !machine.isReadingExpress { reads.settled(queue.partition, isExpress: true) }
                case .readFailed:
                    ordinary.failed()
                    actions = machine.readFailed()
                    // Where its units have been taken in the meantime nobody reads, and nobody is stuck.
                    if !machine.isReading { reads.settled(queue.partition) }
                case .unitEnded(let place, let count, let elapsed):
                    // Of a few jobs the commit is most of what they take: it says nothing about full batches.
                    if place == .unit || count >= machine.most / 2 { pace.ended(count: count, elapsed: elapsed) }
                    actions = machine.unitEnded(isExpress: place == .express, most: batch > 1 ? pace.most.map { max($0, fewest) } : nil)
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
        await ordinary.close()
        await express.close()
    }

    private func begin(_ pile: Pile, in place: Place, of group: inout ThrowingTaskGroup<Event, any Error>) {
        let found = pile.found
        if batch > 1 {
            unit(place, of: pile.tickets, count: found.count, in: &group) {
                for entry in found.unreadable { try await executor.bury(entry, in: queue) }
                try await executor.execute(found.entries, in: queue)
            }
            return
        }
        for entry in found.unreadable {
            unit(place, of: [inFlight.began([entry.key])], count: 1, in: &group) { try await executor.bury(entry, in: queue) }
        }
        for entry in found.entries {
            unit(place, of: [inFlight.began([entry.key])], count: 1, in: &group) { try await executor.execute([entry], in: queue) }
        }
    }

    private func unit(
        _ place: Place, of tickets: [Int], count: Int, in group: inout ThrowingTaskGroup<Event, any Error>,
        _ work: @escaping @Sendable () async throws -> Void
    ) {
        group.addTask {
            defer { for ticket in tickets { inFlight.ended(ticket) } }
            let started = ContinuousClock.now
            try await executor.guarding(work)
            return .unitEnded(place, count: count, elapsed: ContinuousClock.now - started)
        }
    }
}
