import Foundation
import TestSupport
import Testing

/// `mainstay chat` while its ingress is killed and started again, and under Ctrl-C.
@Suite("A chat and its ingress", .serialized, .timeLimit(.minutes(10))) struct ChatRestartTests {
    /// What the provider says, piece by piece.
    private static let pieces = [
        "The ", "tide ", "über ", "東京 ", "🚢 ", "\"keeps\" ", "its\n", "own ", "slow ", "\\watch\\ ", "and ", "so ", "do ", "we.",
    ]

    private static var answer: [PacedProvider.Beat] {
        get throws {
            let said = try pieces.map { piece in
                let json = String(decoding: try JSONEncoder().encode(piece), as: UTF8.self)
                return PacedProvider.Beat(#"{"content":\#(json)}"#)
            }
            return said + [.init(frames: [PacedProvider.chunk("{}", finish: "stop"), "[DONE]"])]
        }
    }

    /// Of a lease that a busy machine does not outlast: what is killed here is the ingress, and nothing else may be taken for dead.
    private static func variables(_ address: String) -> [String: String] {
        [
            "MAINSTAY_PROVIDER_URL": address, "MAINSTAY_PROVIDER_KEY": "sk-none", "MAINSTAY_PROVIDER_MODEL": "paced",
            "MAINSTAY_LEASE_SECONDS": "30",
        ]
    }

    @Test("kill -9 of the ingress in mid-answer, again and again, costs no character and repeats none", arguments: [false, true])
    func restarts(asJSON: Bool) async throws {
        let provider = PacedProvider(try Self.answer)
        try await provider.serve { address in
            try await Deployment.with(workers: 1, variables: Self.variables(address)) { deployment in
                let chat = try ChatProcess(asJSON ? ["--json", "Hello"] : ["Hello"], environment: deployment.environment)
                var shown = ""
                for (index, piece) in Self.pieces.enumerated() {
                    // Said while nobody is there to hand it on, and once right when the ingress is back.
                    let isKilled = index % 4 == 3
                    if isKilled { await deployment.end("serve", by: SIGKILL) }
                    provider.go()
                    try await eventually("piece \(index) is sent") { provider.sent.count == index + 1 }
                    if isKilled { try deployment.spawn("serve", ["serve"]) }
                    shown += piece
                    try await eventually(timeout: .seconds(90), "piece \(index) is shown") { Self.said(chat, asJSON) == shown }
                }
                // The end itself is said while the ingress is away.
                await deployment.end("serve", by: SIGKILL)
                provider.go()
                try await eventually("the end is sent") { provider.sent.count == Self.pieces.count + 1 }
                try deployment.spawn("serve", ["serve"])
                #expect(await chat.end() == 0, "\(chat.errors)")
                guard asJSON else {
                    #expect(chat.text == Self.pieces.joined() + "\n", "the answer, its line end, and nothing else")
                    return
                }
                #expect(Self.said(chat, asJSON) == Self.pieces.joined())
                let run = try #require(Self.member("run", of: chat.lines.first ?? ""))
                let whole = try await deployment.call("GET", "/v1/runs/\(run)/events").text
                #expect(chat.lines == Frames.of(whole).map(\.data), "each event once, as the run has it")
            }
        }
    }

    @Test("Ctrl-C cancels the run, at its provider too, also while the ingress is away", arguments: [false, true])
    func interrupted(isAway: Bool) async throws {
        try await EmulatorProcess.with("openai") { emulator in
            try await Deployment.with(workers: 1, variables: Self.variables(emulator.url)) { deployment in
                // Three pieces, and then nothing more.
                let chat = try ChatProcess(["--json", "Hold the line, please [[hang:3]]"], environment: deployment.environment)
                try await eventually(timeout: .seconds(60), "the answer has begun") { !Self.said(chat, true).isEmpty }
                let open = try await emulator.book()
                #expect(open.open == 1 && open.clientsLeft == 0)

                if isAway { await deployment.end("serve", by: SIGKILL) }
                chat.signal(SIGINT)
                try await eventually("it has heard it") { chat.errors.contains("cancelling") }
                if isAway { try deployment.spawn("serve", ["serve"]) }

                #expect(await chat.end() == 1, "\(chat.errors)")
                #expect(chat.lines.last == #"{"type":"run.cancelled"}"#)
                let run = try #require(Self.member("run", of: chat.lines.first ?? ""))
                #expect(try await deployment.call("GET", "/v1/runs/\(run)").json["state"] as? String == "cancelled")
                try await eventually("the provider is left") { try await emulator.book().clientsLeft == 1 }
            }
        }
    }

    /// The answer's text, as far as it is shown.
    private static func said(_ chat: ChatProcess, _ asJSON: Bool) -> String {
        guard asJSON else { return chat.text }
        return chat.lines.filter { member("type", of: $0) == "text.delta" }.compactMap { member("text", of: $0) }.joined()
    }

    private static func member(_ name: String, of line: String) -> String? {
        ((try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any])?[name] as? String
    }
}
