import Foundation
import TestSupport
import Testing

/// The official Python clients in front of the built program, and `mainstay emulate` behind it: whichever provider is spoken to, and in
/// whichever words a client asks, it puts together what the provider was told to say.
@Suite("Official clients on the golden path", .serialized, .timeLimit(.minutes(10))) struct OfficialClientsPathTests {
    /// What a client put together.
    private struct Told: Decodable {
        let text: String
        let refusal: String
        /// Id, name and arguments of each.
        let calls: [[String]]
        let end: String?
        let error: String?
    }

    private static let words = ["text", "tools", "refusal", "length", "before", "during"]
    private static let calls = [["call_a", "weather", #"{"city":"Os\"lo"}"#], ["call_b", "time", "{}"]]

    private static var script: String {
        get throws {
            func rule(_ word: String, _ answer: [String: Any]) -> [String: Any] { ["contains": word, "answer": answer] }
            let parallel: [[String: Any]] = [
                ["id": "call_a", "name": "weather", "arguments": [#"{"city""#, #":"Os\"l"#, #"o"}"#]],
                ["id": "call_b", "name": "time", "arguments": ["{", "}"]],
            ]
            let cut: [[String: Any]] = [["id": "call_a", "name": "weather", "arguments": [#"{"city":"#, #""Os"#]]]
            let rules = [
                rule("text", ["text": ["Hello ", "wörld ", "🚢\n", "\"東京\""]]),
                rule("tools", ["text": ["Let me ", "look."], "tool_calls": parallel]),
                rule("refusal", ["refusal": ["I ", "won't."]]), rule("length", ["tool_calls": cut, "finish": "length"]),
                // Longer than anybody waits: the run fails at once.
                rule("before", ["refuse": ["status": 429, "retry_after": 90]]),
                rule("during", ["text": ["One ", "two ", "three"], "ending": ["kind": "error", "after": 2, "error": ["status": 503]]]),
            ]
            return String(decoding: try JSONSerialization.data(withJSONObject: ["rules": rules]), as: UTF8.self)
        }
    }

    @Test(
        "what is put together is what the provider was told to say: text, parallel calls, a refusal, a cut call, errors before and within",
        arguments: EmulatorProcess.formats)
    func path(emulator kind: String, format: String) async throws {
        try await EmulatorProcess.with(kind, script: try Self.script) { emulator in
            try await Deployment.with(workers: 1, variables: emulator.variables(format: format)) { deployment in
                let told = try await Self.ask(deployment)
                for endpoint in ["chat", "responses", "messages"] {
                    Self.look(at: try #require(told[endpoint]), of: endpoint, "\(format), \(endpoint)")
                }
            }
        }
    }

    private static func ask(_ deployment: Deployment) async throws -> [String: [String: Told]] {
        guard let packages = ProcessInfo.processInfo.environment["MAINSTAY_PYTHON_CLIENTS"] else {
            throw TestSupportError("MAINSTAY_PYTHON_CLIENTS is not set: name the folder with the packages openai and anthropic, or run ops/test")
        }
        let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Clients/official.py").path
        let result = try await Program.run(
            words: ["/usr/bin/env", "python3", program, deployment.url, deployment.token, "tale"] + words,
            environment: [
                "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": NSTemporaryDirectory(), "PYTHONPATH": packages,
                "PYTHONDONTWRITEBYTECODE": "1",
            ])
        guard result.status == 0 else { throw TestSupportError("the clients ended with \(result.status): \(result.errors)") }
        return try JSONDecoder().decode([String: [String: Told]].self, from: Data(result.output.utf8))
    }

    /// The words for an end of each API.
    private static let ends: [String: [String: String]] = [
        "chat": ["text": "stop", "tools": "tool_calls", "length": "length"],
        "responses": ["text": "completed", "tools": "completed", "length": "incomplete"],
        "messages": ["text": "end_turn", "tools": "tool_use", "length": "max_tokens", "refusal": "refusal"],
    ]

    private static func look(at told: [String: Told], of endpoint: String, _ place: Comment) {
        #expect(told["text"]?.text == "Hello wörld 🚢\n\"東京\"", place)
        #expect(told["tools"]?.text == "Let me look.", place)
        #expect(told["tools"]?.calls == calls, place)
        // Anthropic's API has no channel for refusals: there it is text, under a reason of its own.
        let refusal = told["refusal"]
        #expect((endpoint == "messages" ? refusal?.text : refusal?.refusal) == "I won't.", place)
        #expect((endpoint == "messages" ? refusal?.refusal : refusal?.text) == "", place)
        #expect(told["length"]?.calls == [["call_a", "weather", #"{"city":"Os"#]], place)
        for (word, end) in ends[endpoint] ?? [:] { #expect(told[word]?.end == end, place) }
        for word in ["text", "tools", "refusal", "length"] { #expect(told[word]?.error == nil, place) }

        #expect(told["before"]?.error == "RateLimitError" && told["before"]?.text == "", place)
        #expect(told["during"]?.text == "One two ", place)
        // OpenAI's client tells of a response that failed by its event, and raises the others' errors.
        if endpoint == "responses" {
            #expect(told["during"]?.end == "failed", place)
        } else {
            #expect(told["during"]?.error != nil && told["during"]?.end == nil, place)
        }
    }
}
