import ArgumentParser
import Inference
import Synchronization
import Testing

@testable import mainstay

@Suite("A chat of several questions", .timeLimit(.minutes(1))) struct ChatConversationTests {
    private struct NoAnswer: Error {}

    private final class Seen: Sendable {
        struct Talk: Sendable {
            var asked: [[String]] = []
            var complaints = 0
            var prompts = 0
            var isWhole = false
        }

        let talk = Mutex(Talk())
    }

    /// An answer is what `answers` has for its question, cut if it ends in a dash; a question that is not there fails.
    private func talk(_ questions: [String], _ answers: [String: String]) async throws -> Seen.Talk {
        let seen = Seen()
        var conversation = ChatConversation(
            prompt: { seen.talk.withLock { $0.prompts += 1 } }, complain: { _ in seen.talk.withLock { $0.complaints += 1 } },
            ask: { messages in
                seen.talk.withLock { $0.asked.append(messages.map { "\($0.role.rawValue): \($0.content)" }) }
                guard let answer = answers[messages.last?.content ?? ""] else { throw NoAnswer() }
                return ChatRun.Answer(text: answer, isCompleted: !answer.hasSuffix("-"))
            })
        let lines = AsyncStream<String> { continuation in
            for question in questions { continuation.yield(question) }
            continuation.finish()
        }
        let isWhole = try await conversation.go(lines)
        seen.talk.withLock { $0.isWhole = isWhole }
        return seen.talk.withLock { $0 }
    }

    @Test("each question is asked with what was said before it; empty lines ask nothing")
    func turns() async throws {
        let told = try await talk(["Hi ", "", "  ", "And?"], ["Hi": "Hello.", "And?": "Bye."])
        #expect(told.asked == [["user: Hi"], ["user: Hi", "assistant: Hello.", "user: And?"]])
        #expect(told.isWhole && told.complaints == 0)
        #expect(told.prompts == 5, "before each line, and before the end")
    }

    @Test("a question without a whole answer is forgotten, and the chat goes on")
    func forgotten() async throws {
        let told = try await talk(["a", "b", "c"], ["a": "half of it-", "c": "C."])
        #expect(told.asked == [["user: a"], ["user: b"], ["user: c"]])
        #expect(!told.isWhole && told.complaints == 1)
    }

    @Test("an answer without words is no part of what was said")
    func empty() async throws {
        let told = try await talk(["a", "b"], ["a": "", "b": "B"])
        #expect(told.asked == [["user: a"], ["user: b"]])
        #expect(told.isWhole)
    }

    @Test("Ctrl-C cancels the answer under way, then leaves; before the run has an id the wish is kept; between answers it leaves")
    func interruption() {
        var state = ChatInterruption()
        func expect(_ action: ChatInterruption.Action, _ comment: Comment? = nil) {
            let found = state.interrupt()
            #expect(found == action, comment)
        }
        expect(.leave)
        state.asks()
        var isCancelled = state.begins("r1")
        #expect(!isCancelled)
        expect(.cancel(run: "r1"))
        expect(.leave)
        state.ends()
        expect(.leave)
        state.asks()
        expect(.keep)
        isCancelled = state.begins("r2")
        #expect(isCancelled, "as soon as it can be")
        expect(.leave, "it is cancelled already")
        state.ends()
        state.asks()
        isCancelled = state.begins("r3")
        #expect(!isCancelled, "an earlier wish is no wish of this run")
    }

    @Test("an agent stands before a question, or alone before a chat of several")
    func words() throws {
        #expect(try ChatCommand.parse(["Hello"]).request.agent == nil)
        #expect(try ChatCommand.parse(["a/b", "Hello"]).request.agent == "a/b")
        #expect(try ChatCommand.parse(["--interactive"]).request.agent == nil)
        #expect(try ChatCommand.parse(["-i", "a/b"]).request.agent == "a/b")
        #expect(try ChatCommand.parse(["-"]).words == ["-"])
        for wrong in [[], ["a", "b", "c"], ["-i", "a", "b"]] {
            #expect(throws: (any Error).self, "\(wrong)") { try ChatCommand.parse(wrong) }
        }
    }
}
