import Emulators
import NIOCore
import NIOPosix
import Testing

@testable import mainstay

/// The client of `mainstay bench streams` against an emulated provider in this process.
@Suite("The client of a bench of streams", .timeLimit(.minutes(1))) struct StreamBenchClientTests {
    /// Two answers of each of two streams, which want three tokens.
    private static func figures(_ answer: EmulatorAnswer) async throws -> StreamBenchFigures {
        var answer = answer
        answer.wire.stamps = true
        return try await EmulatorServer.with(EmulatorServer(kind: .openai, script: EmulatorScript(answer))) { server, _ in
            let target = StreamBenchTarget(side: .direct, port: try await server.port())
            return try await StreamBenchRound(target: target, load: StreamBenchLoad(streams: 2, tokens: 3, gap: 0), answers: 2).run()
        }
    }

    @Test("times each token of answers that are whole")
    func whole() async throws {
        let found = try await Self.figures(EmulatorAnswer(text: ["a", "b", "c"]))
        #expect(found.answers == 4 && found.losses.isEmpty && found.fault == nil)
        #expect(found.first != nil && found.token != nil)
    }

    @Test(
        "counts an answer that is not whole with its reason",
        arguments: [
            (EmulatorAnswer(text: ["a", "b", "c"], ending: EmulatorEnding(.reset, after: 1)), .unfinished),
            (EmulatorAnswer(text: ["a", "b", "c"], ending: EmulatorEnding(.withoutDone)), .unfinished),
            (EmulatorAnswer(text: ["a", "b"]), .miscounted),
            (EmulatorAnswer(text: ["a", "b", "c", "d"]), .miscounted),
        ] as [(EmulatorAnswer, StreamBenchAnswer.Loss)])
    func lost(answer: EmulatorAnswer, loss: StreamBenchAnswer.Loss) async throws {
        let found = try await Self.figures(answer)
        #expect(found.answers == 4 && found.losses == [loss: 4] && found.fault == nil)
        #expect(found.first == nil && found.token == nil)
    }

    @Test("keeps how an error begins, in place of a stream and inside of one")
    func faults() async throws {
        let refused = try await Self.figures(EmulatorAnswer(refuse: EmulatorError(503)))
        #expect(refused.losses == [.refused(status: 503): 4] && refused.fault?.hasPrefix(#"{"error""#) == true)
        let failed = try await Self.figures(EmulatorAnswer(text: ["a", "b", "c"], ending: EmulatorEnding(.error, after: 1)))
        #expect(failed.losses == [.unfinished: 4] && failed.fault?.hasPrefix(#"{"error""#) == true)
    }

    @Test("gives an answer up that does not end")
    func givenUp() async throws {
        let script = EmulatorScript(EmulatorAnswer(ending: EmulatorEnding(.silent)))
        let answer = try await EmulatorServer.with(EmulatorServer(kind: .openai, script: script)) { server, _ in
            let target = StreamBenchTarget(side: .direct, port: try await server.port())
            let connection = try await StreamBenchConnection.open(to: target, on: MultiThreadedEventLoopGroup.singleton.next())
            defer { connection.close() }
            let body = ByteBuffer(string: StreamBenchLoad(streams: 1, tokens: 3, gap: 0).body)
            return try await connection.ask(body, patience: .milliseconds(1))
        }
        #expect(answer == StreamBenchAnswer(isGivenUp: true) && answer.loss(of: 3) == .givenUp)
    }
}
