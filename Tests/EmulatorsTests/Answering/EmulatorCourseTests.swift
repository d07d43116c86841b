import Testing

@testable import Emulators

@Suite("The course of a stream") struct EmulatorCourseTests {
    private func acts(_ answer: EmulatorAnswer, _ shape: EmulatorShape = .chat, of kind: EmulatorKind = .openai) -> [EmulatorAct] {
        StreamSample(answer, shape, of: kind).acts
    }

    @Test("waits for the first piece and between pieces, and not behind the last") func pace() {
        var answer = EmulatorAnswer(text: ["a", "b"])
        answer.pace = EmulatorPace(first: .milliseconds(200), gap: .milliseconds(50))
        #expect(
            acts(answer) == [
                .wait(.milliseconds(200)), .say(.begin), .say(.text("a")), .wait(.milliseconds(50)), .say(.text("b")),
                .say(.finish(.stop, withUsage: false)), .say(.done), .finish,
            ])
    }

    @Test("spreads comments over the first wait, and begins a message before it") func keepAlives() {
        var answer = EmulatorAnswer(text: ["a"], wire: EmulatorWire(keepAlives: 2))
        answer.pace.first = .milliseconds(100)
        let pause: [EmulatorAct] = [.say(.keepAlive), .wait(.milliseconds(50)), .say(.keepAlive), .wait(.milliseconds(50))]
        #expect(Array(acts(answer).prefix(5)) == pause + [.say(.begin)])
        #expect(Array(acts(answer, .messages, of: .anthropic).prefix(5)) == [.say(.begin)] + pause)
    }

    @Test("draws each wait within its jitter, the same for the same seed") func jitter() {
        var answer = EmulatorAnswer(text: .words(50))
        answer.pace = EmulatorPace(gap: .milliseconds(100), jitter: 0.2)
        let waits = acts(answer).compactMap { act -> Duration? in if case .wait(let time) = act { time } else { nil } }
        #expect(waits.count == 49)
        #expect(waits.allSatisfy { $0 >= .milliseconds(80) && $0 <= .milliseconds(120) })
        #expect(Set(waits).count > 40)
        #expect(acts(answer) == acts(answer))
    }

    static let endings: [(EmulatorEnding, [EmulatorAct])] = [
        (EmulatorEnding(.withoutDone), [.say(.finish(.stop, withUsage: false)), .finish]),
        (EmulatorEnding(.withoutFinish, after: 1), [.say(.begin), .say(.text("a")), .finish]),
        (EmulatorEnding(.reset, after: 1), [.say(.text("a")), .sayHalf(.text("b")), .reset]),
        (EmulatorEnding(.reset), [.say(.text("b")), .sayHalf(.finish(.stop, withUsage: false)), .reset]),
        (EmulatorEnding(.open), [.say(.done), .hold]),
        (EmulatorEnding(.hang, after: 0), [.say(.begin), .hold]),
        (EmulatorEnding(.hang, after: 1), [.say(.text("a")), .hold]),
        (EmulatorEnding(.error, after: 1), [.say(.text("a")), .say(.failure(EmulatorError())), .finish]),
    ]

    @Test("ends as it is told", arguments: EmulatorCourseTests.endings) func end(ending: EmulatorEnding, last: [EmulatorAct]) {
        #expect(acts(EmulatorAnswer(text: ["a", "b"], ending: ending)).suffix(last.count) == last[...])
    }

    @Test("has further frames where the script says, also behind a cut and around a malformed line") func frames() {
        let (first, second, late) = (EmulatorFrame(after: 0, ": 0"), EmulatorFrame(after: 1, ": 1"), EmulatorFrame(": end"))
        var answer = EmulatorAnswer(text: ["a", "b"], frames: [late, second, first, EmulatorFrame(after: 9, ": 9")])
        func frame(_ text: String) -> EmulatorAct { .say(.frame([text])) }
        #expect(
            acts(answer) == [
                .say(.begin), frame(": 0"), .say(.text("a")), frame(": 1"), .say(.text("b")), frame(": 9"),
                .say(.finish(.stop, withUsage: false)), frame(": end"), .say(.done), .finish,
            ])
        answer.ending = EmulatorEnding(.withoutFinish, after: 1)
        #expect(acts(answer) == [.say(.begin), frame(": 0"), .say(.text("a")), frame(": 1"), .finish])
        answer.ending = EmulatorEnding(.hang, after: 0)
        #expect(acts(answer) == [.say(.begin), frame(": 0"), .hold])
        answer.ending = EmulatorEnding(.malformed, after: 1)
        #expect(
            acts(answer) == [
                .say(.begin), frame(": 0"), .say(.text("a")), frame(": 1"), .say(.malformed), .say(.text("b")), frame(": 9"),
                .say(.finish(.stop, withUsage: false)), frame(": end"), .say(.done), .finish,
            ])
    }

    @Test("writes a frame's lines as they are, on every wire", arguments: [EmulatorShape.chat, .responses, .messages])
    func frameBytes(shape: EmulatorShape) {
        let kind: EmulatorKind = shape == .messages ? .anthropic : .openai
        let frame = EmulatorFrame(after: 1, "event: x", "data: \u{2028}")
        let answer = EmulatorAnswer(text: ["a"], wire: EmulatorWire(lineEnding: .crlf), frames: [frame])
        #expect(StreamSample(answer, shape, of: kind).parts.contains("event: x\r\ndata: \u{2028}\r\n\r\n"))
    }

    @Test("never begins when it is silent") func silent() {
        var generator = SeededGenerator(seed: 1)
        let answer = EmulatorAnswer(text: ["a"], ending: EmulatorEnding(.silent))
        let question = Question(shape: .chat, model: "m")
        let resolved = ResolvedAnswer(answer, to: question, of: .openai, using: &generator)
        #expect(EmulatorCourse(streaming: answer, resolved, to: question, of: .openai, using: &generator).head == nil)
        #expect(EmulatorCourse.waitForWhole(answer, resolved, using: &generator) == nil)
    }

    @Test("keeps to the limit of tokens that the request names") func limit() {
        let sample = StreamSample(EmulatorAnswer(text: ["a", "b", "c"]), .chat, of: .openai) { $0.outputLimit = 2 }
        #expect(sample.answer.text == ["a", "b"])
        #expect(sample.acts.contains(.say(.finish(.length, withUsage: false))))
    }
}
