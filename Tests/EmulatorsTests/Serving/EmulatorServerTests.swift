import AsyncHTTPClient
import JobsTesting
import NIOCore
import NIOHTTP1
import TestSupport
import Testing
import Web

@testable import Emulators

/// What only a connection shows: time, ends, and clients that leave.
@Suite("An emulator", .timeLimit(.minutes(1))) struct EmulatorServerTests {
    @Test("sends each piece at its time and not before") func pacing() async throws {
        var answer = EmulatorAnswer(text: ["one", "two"], wire: .plain)
        answer.pace = EmulatorPace(headers: .milliseconds(10), first: .milliseconds(200), gap: .milliseconds(50))
        let clock = ManualClock()
        let heard = Heard()
        let steps: [(Duration, String)] = [(.milliseconds(10), ""), (.milliseconds(200), "one"), (.milliseconds(50), "two")]
        try await Asking.with(answer, clock: clock) { asking in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for try await buffer in try await asking.open().body { heard.add(String(buffer: buffer)) } }
                for (wait, word) in steps {
                    try await eventually("the emulator's sleep") { clock.sleepers == 1 }
                    clock.advance(by: wait - .milliseconds(1))
                    // It still sleeps, so what is next has not been written.
                    #expect(clock.sleepers == 1)
                    #expect(word.isEmpty || !heard.text.contains(word))
                    clock.advance(by: .milliseconds(1))
                    try await eventually("the word \(word)") { word.isEmpty || heard.text.contains(word) }
                }
                try await group.waitForAll()
            }
        }
        #expect(heard.text.hasSuffix("data: [DONE]\n\n"))
        #expect(clock.now.offset == .milliseconds(260))
    }

    @Test("sees a client leave, before the head and inside of the stream", arguments: [EmulatorEnding(.silent), EmulatorEnding(.hang, after: 1)])
    func leaving(ending: EmulatorEnding) async throws {
        try await Asking.with(EmulatorAnswer(text: ["a", "b"], ending: ending)) { asking in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await asking.ask() }
                try await eventually("the request") { asking.server.book.open == 1 }
                #expect(asking.server.book.clientsLeft == 0)
                group.cancelAll()
                try await eventually("the client's leaving") { asking.server.book.clientsLeft == 1 }
            }
            #expect(asking.server.book.open == 0)
            #expect(asking.server.book.entries.map(\.state) == [.clientLeft])
            #expect(asking.server.book.entries.first?.ended != nil)
        }
    }

    @Test("ends the streams that are open when it is stopped") func stopping() async throws {
        let (book, response) = try await Asking.with(EmulatorAnswer(text: ["a"], ending: EmulatorEnding(.hang))) { asking in
            (asking.server.book, try await asking.open())
        }
        // The client is still there, and waits for more.
        await #expect(throws: (any Error).self) { try await response.body.collect(upTo: 1 << 20) }
        #expect(book.entries.map(\.state) == [.stopped])
    }

    @Test("resets the connection inside of an event") func reset() async throws {
        var answer = EmulatorAnswer(text: ["aaaa", "bbbb"], wire: .plain, ending: EmulatorEnding(.reset, after: 1))
        // So that the first piece is read before the reset, which may overtake it.
        answer.pace.gap = .milliseconds(100)
        try await Asking.with(answer) { asking in
            var text = ""
            await #expect(throws: (any Error).self) {
                for try await buffer in try await asking.open().body { text += String(buffer: buffer) }
            }
            #expect(text.contains("aaaa"))
            #expect(!text.contains("bbbb"))
            try await eventually("the end") { asking.server.book.entries.first?.state == .reset }
        }
    }

    @Test("ends in order without a word of the end, when it is told so") func withoutFinish() async throws {
        try await Asking.with(EmulatorAnswer(text: ["a", "b"], ending: EmulatorEnding(.withoutFinish, after: 1))) { asking in
            let text = try await asking.ask().text
            #expect(text.contains(#""content":"a""#))
            #expect(!text.contains(#""content":"b""#))
            #expect(!text.contains("DONE"))
            #expect(!text.contains(#""finish_reason":"stop""#))
        }
    }

    @Test("keeps the socket open behind the end marker, when it is told so") func open() async throws {
        try await Asking.with(EmulatorAnswer(text: ["a"], ending: EmulatorEnding(.open))) { asking in
            var text = ""
            for try await buffer in try await asking.open().body {
                text += String(buffer: buffer)
                if text.contains("[DONE]") { break }
            }
            // The reader has broken off by itself: the emulator has not ended the body.
            #expect(text.hasSuffix("data: [DONE]\n\n"))
            try await eventually("the client's leaving") { asking.server.book.clientsLeft == 1 }
        }
    }

    @Test("answers in one object, with the same words") func whole() async throws {
        try await Asking.with(Answers.greeting) { asking in
            let answer = try await asking.ask("/chat/completions", Asking.whole)
            #expect(answer.headers.first(name: "content-type") == "application/json")
            #expect(try answer.json()["choices"]?[0]?["message"]?["content"] == "Hello 世界")
            #expect(try answer.json()["usage"]?["completion_tokens"] == 3)
        }
    }

    @Test("leaves the connection to the next request") func keepAlive() async throws {
        try await Asking.with(EmulatorScript(inOrder: [EmulatorAnswer(text: "first"), EmulatorAnswer(text: "second")])) { asking in
            #expect(try await asking.ask().text.contains("first"))
            let second = try await asking.ask()
            #expect(second.text.contains("second"))
            #expect(second.headers.first(name: "connection") == nil)
            try await eventually("both ends") { asking.server.book.entries.map(\.state) == [.finished, .finished] }
        }
    }
}
