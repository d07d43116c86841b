import Foundation
import Inference

/// Asks for one answer and shows it.
struct ChatRun: Sendable {
    struct Answer: Sendable, Equatable {
        var text: String
        var isCompleted: Bool
    }

    let client: APIClient
    let output: ChatOutput
    let isJSON: Bool
    let interrupts: ChatInterrupts
    /// All but the messages.
    let request: RunRequest

    /// - Parameter messages: The conversation, the question last.
    func answer(to messages: [RunMessage]) async throws -> Answer {
        var wanted = request
        wanted.messages = messages
        let body = try APIClient.encoder.encode(wanted)
        interrupts.asks()
        defer { interrupts.ends() }
        let accepted = try await client.raw(.post, "/v1/runs", body: body, idempotencyKey: UUID().uuidString)
        let run = try APIClient.decoder.decode(AcceptedJob.self, from: accepted).id.uuidString.lowercased()
        await interrupts.begins(run)
        var screen = ChatScreen(isJSON: isJSON, output: output)
        try await RunStream(client: client, run: run).follow { screen.show($0) }
        guard case .completed = screen.ending else { return Answer(text: screen.text, isCompleted: false) }
        return Answer(text: screen.text, isCompleted: true)
    }
}

/// Questions and answers in turn, each question asked with what was said before it.
struct ChatConversation: Sendable {
    /// Asks; throws what keeps it from an answer.
    typealias Ask = @Sendable ([RunMessage]) async throws -> ChatRun.Answer

    let ask: Ask
    /// Says that the next question is waited for.
    var prompt: @Sendable () -> Void = {}
    /// Says why there was no answer.
    let complain: @Sendable (any Error) -> Void

    private(set) var messages: [RunMessage] = []

    init(prompt: @escaping @Sendable () -> Void = {}, complain: @escaping @Sendable (any Error) -> Void, ask: @escaping Ask) {
        self.prompt = prompt
        self.complain = complain
        self.ask = ask
    }

    /// Goes on until there are no more questions. A question without a whole answer is forgotten: the next one is asked without it.
    ///
    /// - Parameter questions: Lines; empty ones are passed over.
    /// - Returns: whether every question was answered.
    mutating func go(_ questions: some AsyncSequence<String, Never>) async throws -> Bool {
        var isWhole = true
        prompt()
        for await line in questions {
            let question = line.trimmingCharacters(in: .whitespacesAndNewlines)
            if !question.isEmpty {
                let asked = messages + [RunMessage(.user, question)]
                do {
                    let answer = try await ask(asked)
                    // An answer without words is none that a model could be told of.
                    if answer.isCompleted { messages = answer.text.isEmpty ? messages : asked + [RunMessage(.assistant, answer.text)] }
                    isWhole = isWhole && answer.isCompleted
                } catch let error as CancellationError {
                    throw error
                } catch {
                    complain(error)
                    isWhole = false
                }
            }
            prompt()
        }
        return isWhole
    }
}

/// Standard input as lines.
enum StandardInput {
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Read on a thread of their own, for reading waits. They end with the input, or with the task that takes them.
    static var lines: AsyncStream<String> {
        AsyncStream { continuation in
            Thread.detachNewThread {
                while let line = readLine() { continuation.yield(line) }
                continuation.finish()
            }
        }
    }
}
