import AsyncHTTPClient
import Foundation
import JobsTesting
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Emulators

@Suite("Stamps of tokens", .timeLimit(.minutes(1))) struct TokenStampTests {
    /// Counts up, a step each time that it is asked.
    private final class Ticks: Sendable {
        private let last = Atomic(Int64(86_400_000_000_000))
        func next() -> Int64 { last.add(1, ordering: .relaxed).newValue }
    }

    /// The bytes of a stream, each step's made when its turn comes.
    private func written(_ answer: EmulatorAnswer, by ticks: Ticks) -> String {
        let sample = StreamSample(answer, .chat, of: .openai)
        var question = Question(shape: .chat, model: "m")
        question.streams = true
        let plain = ChatWriter(sample.identity, sample.answer, to: question, wire: .plain, padding: SeededGenerator(seed: 1))
        var writer = StampingWriter(plain, now: { ticks.next() })
        var buffer = ByteBuffer()
        for case .say(let step) in sample.acts { writer.write(step, to: &buffer) }
        return String(buffer: buffer)
    }

    @Test("stand behind each piece of the text, and nothing else changes")
    func text() {
        let text = written(Answers.greeting, by: Ticks())
        #expect(text.contains(#""content":"Hel@86400000000001;""#))
        #expect(text.contains(#""content":"lo @86400000000002;""#))
        #expect(text.contains(#""content":"世界@86400000000003;""#))
        #expect(text.replacing(#/@[0-9]+;/#, with: "") == StreamSample(Answers.greeting, .chat, of: .openai).text)
    }

    @Test("are for text alone: no piece of a tool call, a refusal or a thought has one")
    func others() {
        #expect(!written(Answers.parallel, by: Ticks()).contains("@"))
        #expect(!written(Answers.refusal, by: Ticks()).contains("@"))
        #expect(written(Answers.thinking, by: Ticks()).matches(of: #/@[0-9]+;/#).count == 1)
    }

    @Test("are asked for by a word, by a member of a script, and by nobody else")
    func asking() throws {
        let question = Question(shape: .chat, model: "m", lastUser: "[[stamp]] [[words:3]] [[slow:50ms]] [[first:0ms]]")
        let answer = BuiltInAnswer.answer(to: question)
        #expect(answer.wire == EmulatorWire(stamps: true) && answer.text == .words(3))
        #expect(answer.pace == EmulatorPace(gap: .milliseconds(50), jitter: 0.3))
        #expect(!EmulatorWire().stamps)
        let script = try EmulatorScript(json: Data(#"{"rules":[{"answer":{"text":"Hi","wire":{"stamps":true}}}]}"#.utf8))
        #expect(script == EmulatorScript(EmulatorAnswer(text: "Hi", wire: EmulatorWire(stamps: true))))
    }

    @Test("are of the moment in which a piece is written, and not of that in which the answer was begun")
    func moment() async throws {
        var answer = EmulatorAnswer(text: ["one", "two"], wire: EmulatorWire(padding: false, stamps: true))
        answer.pace.gap = .milliseconds(50)
        let clock = ManualClock()
        let heard = Heard()
        try await Asking.with(answer, clock: clock) { asking in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for try await buffer in try await asking.open().body { heard.add(String(buffer: buffer)) } }
                try await eventually("the first piece") { heard.text.contains("one@") && clock.sleepers == 1 }
                let between = TokenStamp.now()
                clock.advance(by: .milliseconds(50))
                try await group.waitForAll()
                let stamps = heard.text.matches(of: #/@([0-9]+);/#).compactMap { Int64($0.1) }
                try #require(stamps.count == 2)
                #expect(stamps[0] <= between && between <= stamps[1] && stamps[1] <= TokenStamp.now())
            }
        }
    }
}
