import ArgumentParser
import Foundation
import Inference
import UnixSignals

/// `mainstay chat`: one question to an agent, its answer as it comes.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Ask an agent, and print its answer token by token.",
        discussion: """
            A break of the connection, or a restart of the ingress, costs no character. Ctrl-C cancels the run. What the answer does \
            beside its text (tool calls and their results, memories, models that were asked) is said on standard error.

            EXAMPLES
              mainstay chat default/harbor-guide "Where do I begin?"
              mainstay chat --model scripted-fast "Hello"
              mainstay chat --memory "Remember with memory_write that I drink Assam"
              mainstay chat --model openai/gpt-4o --fallback scripted "Hello"
              mainstay chat --memory --on-interruption continue "What do I drink?"
              mainstay chat --json default/harbor-guide "Hello" > events.ndjson

            EXIT CODES
              0 completed   1 failed, cancelled or incomplete
            """)

    @OptionGroup var settings: SettingsOptions
    @Argument(help: "OWNER/NAME or the id of an agent, then the question; the question alone asks the model as it is.") var words: [String]
    @Option(help: "The model; the default one without it.") var model: String?
    @Option(help: "A model to ask when the one before fails before its first word; may be given several times.") var fallback: [String] = []
    @Flag(help: "Let the model remember, and tell it what is remembered.") var memory = false
    @Option(help: "A tool of the workspace that the model is offered, * for all; may be given several times.") var tool: [String] = []
    @Option(help: "Calls of the model at most, from 1 to 32: 8 with --memory or --tool, else 1.") var maxSteps: Int?
    @Option(help: "What becomes of the run when its worker is lost in mid-answer: another goes on where it can, or it ends incomplete.")
    var onInterruption: InterruptionPolicy?
    @Flag(help: "Print each event as one JSON object a line.") var json = false

    func validate() throws {
        guard (1...2).contains(words.count) else { throw ValidationError("give an agent and a question (in quotes), or a question alone") }
    }

    func run() async throws {
        let client = APIClient(settings: try await settings.load())
        var request: [String: Any] = ["messages": [["role": "user", "content": words[words.count - 1]]]]
        if words.count == 2 { request["agent"] = words[0] }
        request["model"] = model
        request["max_steps"] = maxSteps
        if memory { request["memory"] = true }
        if !tool.isEmpty { request["workspace_tools"] = tool }
        if !fallback.isEmpty { request["fallback"] = fallback }
        request["on_interruption"] = onInterruption?.rawValue
        let body = try JSONSerialization.data(withJSONObject: request)
        let answer = try await client.raw(.post, "/v1/runs", body: body, idempotencyKey: UUID().uuidString)
        let run = try APIClient.decoder.decode(AcceptedJob.self, from: answer).id.uuidString.lowercased()
        let isJSON = json
        let ending = try await withThrowingTaskGroup(of: RunEvent?.self) { group in
            group.addTask {
                var screen = ChatScreen(isJSON: isJSON)
                try await RunStream(client: client, run: run).follow { screen.show($0) }
                return screen.ending
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint) {
                    Talk.say("\ncancelling …")
                    await Self.cancel(run, at: client)
                }
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard case .completed = ending else { throw ExitCode.failure }
    }

    /// Asks for the run's end until the ingress has heard it: one that is starting again must not swallow a Ctrl-C.
    private static func cancel(_ run: String, at client: APIClient) async {
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
            do {
                _ = try await client.raw(.post, "/v1/runs/\(run)/cancel", body: Data("{}".utf8))
                return
            } catch let failure as APIClient.Failure where !failure.mayPass {
                return Talk.say("the run is not cancelled: \(failure)")
            } catch {
                // Ends with the task, when the run is over or its stream is given up.
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }
}

extension InterruptionPolicy: ExpressibleByArgument {}
