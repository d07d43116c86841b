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
            A break of the connection, or a restart of the ingress, costs no character. Ctrl-C cancels the run.

            EXAMPLES
              mainstay chat default/harbor-guide "Where do I begin?"
              mainstay chat --model scripted-fast "Hello"
              mainstay chat --json default/harbor-guide "Hello" > events.ndjson

            EXIT CODES
              0 completed   1 failed, cancelled or incomplete
            """)

    @OptionGroup var settings: SettingsOptions
    @Argument(help: "OWNER/NAME or the id of an agent, then the question; the question alone asks the model as it is.") var words: [String]
    @Option(help: "The model; the default one without it.") var model: String?
    @Flag(help: "Print each event as one JSON object a line.") var json = false

    func validate() throws {
        guard (1...2).contains(words.count) else { throw ValidationError("give an agent and a question (in quotes), or a question alone") }
    }

    func run() async throws {
        let client = APIClient(settings: try await settings.load())
        var request: [String: Any] = ["messages": [["role": "user", "content": words[words.count - 1]]]]
        if words.count == 2 { request["agent"] = words[0] }
        request["model"] = model
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
                    _ = try? await client.raw(.post, "/v1/runs/\(run)/cancel", body: Data("{}".utf8))
                }
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard case .completed = ending else { throw ExitCode.failure }
    }
}

/// Shows events on a terminal, or writes them down.
struct ChatScreen {
    let isJSON: Bool
    private(set) var ending: RunEvent?
    private var isMidLine = false

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    mutating func show(_ event: RunEvent) {
        if event.isTerminal { ending = event }
        if isJSON { return write(String(decoding: event.payload, as: UTF8.self) + "\n") }
        switch event {
        case .chunk(let chunk):
            // What the model thinks is no part of its answer.
            if chunk.channel == .reasoning { return FileHandle.standardError.write(Data(chunk.text.utf8)) }
            write(chunk.text)
            isMidLine = !chunk.text.hasSuffix("\n")
        case .toolCall(let call):
            endLine()
            Talk.say("[tool] \(call.name) \(call.arguments)")
        case .completed(_, let usage):
            endLine()
            if let usage { Talk.say("[\(usage.input.map(String.init) ?? "?") tokens in, \(usage.output.map(String.init) ?? "?") out]") }
        case .incomplete(let reason, _, _):
            endLine()
            Talk.say("[incomplete: \(reason.rawValue)]")
        case .failed(let error):
            endLine()
            Talk.say("[failed] \(error)")
        case .cancelled:
            endLine()
            Talk.say("[cancelled]")
        default:
            break
        }
    }

    private mutating func endLine() {
        if isMidLine { write("\n") }
        isMidLine = false
    }

    /// Straight to the descriptor: what a token's arrival shows must not wait for a full buffer.
    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
