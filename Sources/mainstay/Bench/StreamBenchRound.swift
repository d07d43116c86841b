import Jobs
import NIOCore
import NIOPosix

/// One side under the load: every stream asks again as soon as its answer has ended, until it has asked often enough.
struct StreamBenchRound: Sendable {
    let target: StreamBenchTarget
    let load: StreamBenchLoad
    /// Of each stream.
    let answers: Int

    /// Lost answers are counted and no error.
    ///
    /// - Throws: `BenchFault.refused` when nobody listens; `CancellationError`.
    func run() async throws -> StreamBenchFigures {
        // All on one thread: on two cores a second one would take from what is measured.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var connections: [StreamBenchConnection] = []
        defer { for connection in connections { connection.close() } }
        for _ in 0..<load.streams {
            try Task.checkCancellation()
            connections.append(try await .open(to: target, on: loop))
        }
        let (began, used) = (ContinuousClock.now, ProcessorTime.used())
        let found = try await withThrowingTaskGroup(of: [StreamBenchAnswer].self, returning: [StreamBenchAnswer].self) { group in
            for (connection, start) in zip(connections, load.starts) {
                group.addTask { try await stream(over: connection, on: loop, from: began + start) }
            }
            var found: [StreamBenchAnswer] = []
            for try await answers in group { found += answers }
            return found
        }
        let (seconds, processor) = ((ContinuousClock.now - began).inSeconds, ProcessorTime.used() - used)
        return StreamBenchFigures(found, tokens: load.tokens, seconds: seconds, processor: processor)
    }

    private func stream(
        over given: StreamBenchConnection, on loop: any EventLoop, from start: ContinuousClock.Instant
    ) async throws -> [StreamBenchAnswer] {
        let body = ByteBuffer(string: load.body)
        var connection = given
        defer { connection.close() }
        var found: [StreamBenchAnswer] = []
        try await Task.sleep(until: start, clock: .continuous)
        for _ in 0..<answers {
            if !connection.isOpen { connection = try await .open(to: target, on: loop) }
            let answer = try await connection.ask(body, patience: load.patience)
            // It was ended by our own end and is not lost.
            try Task.checkCancellation()
            found.append(answer)
        }
        return found
    }
}
