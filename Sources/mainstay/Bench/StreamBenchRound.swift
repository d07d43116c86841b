import Jobs
import NIOCore
import NIOPosix

/// One side under the load: every stream asks again as soon as its answer has ended, until it has asked often enough.
struct StreamBenchRound: Sendable {
    let target: StreamBenchTarget
    let load: StreamBenchLoad
    /// Of each stream.
    let answers: Int

    /// - Throws: `BenchFault.refused` when an answer's status is not 200; lost answers are counted and no error.
    func run() async throws -> StreamBenchFigures {
        // All on one thread: on two cores a second one would take from what is measured.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var connections: [StreamBenchConnection] = []
        defer { for connection in connections { connection.close() } }
        for _ in 0..<load.streams { connections.append(try await .open(to: target, on: loop)) }
        let began = ContinuousClock.now
        let found = try await withThrowingTaskGroup(of: [StreamBenchAnswer].self, returning: [StreamBenchAnswer].self) { group in
            for (connection, start) in zip(connections, load.starts) {
                group.addTask { try await stream(over: connection, on: loop, from: began + start) }
            }
            var found: [StreamBenchAnswer] = []
            for try await answers in group { found += answers }
            return found
        }
        return StreamBenchFigures(found, tokens: load.tokens, seconds: (ContinuousClock.now - began).inSeconds)
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
            if let status = answer.status, status != 200 {
                let words = String(decoding: answer.refusal, as: UTF8.self)
                throw BenchFault.refused("\(target.side.rawValue), status \(status): \(words)")
            }
            found.append(answer)
        }
        return found
    }
}
