import Foundation
import Logging
import Redis

extension Pool {
    /// One of the two that read for a pool: the ordinary one, and the express one of a flood.
    struct Reader: Sendable {
        private(set) var plan: ReadPlan
        /// What is waited after a failure.
        private(set) var pause = Duration.milliseconds(50)
        private var connection: RedisBlockingConnection?

        init(_ plan: ReadPlan) {
            self.plan = plan
        }

        mutating func next(_ kind: Reading.Kind, room: Int, of queue: Queue) -> Reading {
            let connection = self.connection ?? queue.client.blockingConnection()
            self.connection = connection
            return Reading(kind: kind, planned: plan.next(room: room), lanes: plan.lanes, connection: connection)
        }

        mutating func returned(_ found: ReadEntries, of reading: Reading) {
            pause = .milliseconds(50)
            plan.returned(found.counts, of: reading.planned)
        }

        mutating func failed() {
            pause = min(pause * 2, .seconds(2))
        }

        func close() async {
            await connection?.close()
        }
    }

    /// A read that is under way.
    struct Reading: Sendable {
        enum Kind: Sendable { case ordinary, topUp, express }

        let kind: Kind
        let planned: ReadPlan.Read
        let lanes: [Lane]
        let connection: RedisBlockingConnection

        var isExpress: Bool { kind == .express }
    }

    /// A blocking read returns after this long, empty. Short enough to notice a socket that is half open.
    static let block = Duration.seconds(5)
    /// An express read is not given up when its flood ends, for that costs its socket: it has run out soon.
    private static let expressBlock = Duration.milliseconds(250)
    /// Under load a short read waits this long for company.
    private static let linger = Duration.milliseconds(5)

    /// A read for units or for the express place. After a failure it waits by itself, for the pool has batches, and what the other read
    /// brings, to attend to meanwhile.
    func read(_ reading: Reading, until stop: Signal, pause: Duration) async -> Event {
        let event = await read(reading, until: stop)
        if case .readFailed = event { await wait(pause) }
        return event
    }

    /// A blocking read that gives up when the pool drains or the queue is paused, and waits while it is. What the server
    /// delivered in that very moment stays pending for this worker: it is found again as lost, or handed back when the worker
    /// leaves.
    private func read(_ reading: Reading, until stop: Signal) async -> Event {
        var (isPaused, change) = executor.controls.pause(of: queue.partition.queue)
        while isPaused {
            // Who does not want to read is not stuck.
            reads.settled(queue.partition, isExpress: reading.isExpress)
            guard await untilEither(change, stop) else { return .readFailed(reading) }
            reads.wanted(queue.partition, isExpress: reading.isExpress)
            (isPaused, change) = executor.controls.pause(of: queue.partition.queue)
        }
        // Not a race of two tasks: the entries would wait until the other one has been cancelled and has ended.
        let call = Task { await attempt(reading) }
        let (stopping, changing) = (stop.listen(call.cancel), change.listen(call.cancel))
        let event = await withTaskCancellationHandler {
            await call.value
        } onCancel: {
            call.cancel()
        }
        stop.forget(stopping)
        change.forget(changing)
        // What arrived in that very moment is run; a read that was given up for a pause is no failure.
        if case .readFailed = event, change.isRaised, !stop.isRaised { return .read(ReadEntries(), of: reading) }
        return event
    }

    private func attempt(_ reading: Reading) async -> Event {
        do {
            let found = try await queue.healingGroup {
                try await perform(reading, block: reading.isExpress ? Self.expressBlock : Self.block)
            }
            return .read(found, of: reading)
        } catch is CancellationError {
            return .readFailed(reading)
        } catch {
            if !Task.isCancelled {
                logger.warning("a queue could not be read", metadata: ["partition": "\(queue.partition)", "error": "\(error)"])
            }
            return .readFailed(reading)
        }
    }

    func topUp(_ reading: Reading) async -> Event {
        try? await executor.clock.sleep(for: Self.linger)
        do {
            return .read(try await perform(reading, block: .milliseconds(1)), of: reading)
        } catch {
            // What is held already is run; the next read says what is wrong.
            return .read(ReadEntries(), of: reading)
        }
    }

    private func perform(_ reading: Reading, block: Duration) async throws -> ReadEntries {
        try await queue.perform(
            reading.planned, over: reading.lanes, worker: executor.worker.lowercased, block: block, on: reading.connection)
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

    private func wait(_ pause: Duration) async {
        guard !executor.draining.isRaised else { return }
        _ = await executor.draining.isQuiet(for: pause, clock: executor.clock)
    }
}
