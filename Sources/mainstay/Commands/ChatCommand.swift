import ArgumentParser
import Foundation
import Inference

/// `mainstay chat`: a question to an agent, or several in turn, and the answers as they come.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Ask an agent, and print its answer token by token.",
        discussion: """
            A break of the connection, or a restart of the ingress, costs no character. Ctrl-C cancels the run; a second one leaves without \
            waiting for its end. What there is beside the answer (who answers, thoughts, tool calls and their results, memories) is said on \
            standard error, dimmed where that is a terminal and NO_COLOR is not set. On a terminal, control characters are taken out of \
            answers.

            With --interactive each line is a question, asked with all that was said before it; Ctrl-D ends it.

            EXAMPLES
              mainstay chat default/harbor-guide "Where do I begin?"
              mainstay chat --model scripted-fast "Hello"
              git log -5 | mainstay chat --model scripted -
              mainstay chat --interactive --memory default/harbor-guide
              mainstay chat --memory "Remember with memory_write that I drink Assam"
              mainstay chat --model openai/gpt-4o --fallback scripted "Hello"
              mainstay chat --memory --on-interruption continue "What do I drink?"
              mainstay chat --json default/harbor-guide "Hello" > events.ndjson

            EXIT CODES
              0 completed   1 failed, cancelled or incomplete   64 misuse
            """)

    @OptionGroup var settings: SettingsOptions
    @Argument(
        help: """
            OWNER/NAME or the id of an agent, then the question; the question alone asks the model as it is. - is a question that is read from \
            standard input.
            """)
    var words: [String] = []
    @Flag(name: .shortAndLong, help: "Ask line by line; OWNER/NAME alone may be given.") var interactive = false
    @Option(help: "The model; the default one without it.") var model: String?
    @Option(help: "A model to ask when the one before fails before its first word; may be given several times.") var fallback: [String] = []
    @Flag(help: "Let the model remember, and tell it what is remembered.") var memory = false
    @Option(help: "A tool of the workspace that the model is offered, * for all; may be given several times.") var tool: [String] = []
    @Option(help: "Calls of the model at most, from 1 to 32: 8 with --memory or --tool, else 1.") var maxSteps: Int?
    @Option(help: "What becomes of the run when its worker is lost in mid-answer: another goes on where it can, or it ends incomplete.")
    var onInterruption: InterruptionPolicy?
    @Flag(help: "Print each event as one JSON object a line.") var json = false

    func validate() throws {
        if interactive {
            guard words.count <= 1 else { throw ValidationError("with --interactive give an agent or nothing; questions are read line by line") }
        } else {
            guard (1...2).contains(words.count) else { throw ValidationError("give an agent and a question (in quotes), or a question alone") }
        }
    }

    func run() async throws {
        let client = APIClient(settings: try await settings.load())
        let (output, interrupts) = (ChatOutput.process(), ChatInterrupts(client: client))
        let run = ChatRun(client: client, output: output, isJSON: json, interrupts: interrupts, request: request)
        let question = interactive ? nil : words.last
        let isWhole = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await Self.talk(run, question: question, output) }
            group.addTask {
                await interrupts.listen()
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard isWhole else { throw ExitCode.failure }
    }

    /// The body of every run, without messages.
    var request: RunRequest {
        RunRequest(
            messages: [], agent: interactive || words.count == 2 ? words.first : nil, model: model, maxSteps: maxSteps,
            memory: memory ? true : nil, fallback: fallback.isEmpty ? nil : fallback, workspaceTools: tool.isEmpty ? nil : tool,
            onInterruption: onInterruption)
    }

    /// - Parameter question: Nil to ask line by line.
    /// - Returns: whether every answer was whole.
    private static func talk(_ run: ChatRun, question: String?, _ output: ChatOutput) async throws -> Bool {
        guard let question else {
            let isAsked = StandardInput.isTerminal
            var conversation = ChatConversation(
                prompt: { if isAsked { output.aside("> ") } }, complain: { output.say("\($0)") }, ask: { try await run.answer(to: $0) })
            return try await conversation.go(StandardInput.lines)
        }
        var text = question
        if question == "-" {
            var lines: [String] = []
            for await line in StandardInput.lines { lines.append(line) }
            text = lines.joined(separator: "\n")
            guard !text.isEmpty else { throw ValidationError("standard input has no question") }
        }
        return try await run.answer(to: [RunMessage(.user, text)]).isCompleted
    }
}

extension InterruptionPolicy: ExpressibleByArgument {}
