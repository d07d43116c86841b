import Emulators
import Foundation
import Testing

@testable import Inference

/// Traps that a script of the emulator springs, over a real connection: what the decoders are held to in bytes holds for a provider.
@Suite("Traps of emulated providers", .timeLimit(.minutes(1))) struct EmulatedTrapsTests {
    private func decoded(_ answer: EmulatorAnswer, _ kind: EmulatorKind, _ format: ProviderFormat) async throws -> DecodedStream {
        let asked = Collected<DecodedStream>()
        try await EmulatorServer.with(EmulatorServer(kind: kind, script: EmulatorScript(answer))) { server, url in
            let client = ProviderClient()
            let provider = HTTPProvider(
                name: "up", format: format.wire(), baseURL: kind == .anthropic ? "\(url)/v1" : url, key: nil, client: client)
            let request = ProviderRequest(run: "r", model: "m", messages: [RunMessage(.user, "Hi")])
            let result: Result<[ProviderEvent], any Error>
            do { result = .success(try await provider.events(for: request)) } catch { result = .failure(error) }
            try await client.shutdown()
            asked.add(DecodedStream(try result.get()))
        }
        return try #require(asked.all.first)
    }

    private static func chunk(_ choices: String) -> String {
        #"data: {"id":"other","object":"chat.completion.chunk","created":1,"choices":\#(choices)}"#
    }

    @Test("T5, T7, T25: a mark, comments, unknown events, choices that are null and ids that change do no harm")
    func harmless() async throws {
        let answer = EmulatorAnswer(
            text: ["Hel", "lo\u{2028}"],
            frames: [
                EmulatorFrame(after: 0, ": a comment", "event: nothing"), EmulatorFrame(after: 0, Self.chunk("null")),
                EmulatorFrame(after: 1, "retry: 5", "id: 9", Self.chunk("[]")), EmulatorFrame(after: 1, Self.chunk(#"[{"index":0}]"#)),
            ])
        let found = try await decoded(answer, .openai, .openai)
        #expect(found.text == "Hello\u{2028}")
        #expect(found.outcome == .completed)
    }

    @Test("T17: text after the finish is kept")
    func lateText() async throws {
        let late = Self.chunk(#"[{"index":0,"delta":{"content":"!"},"finish_reason":null}]"#)
        let found = try await decoded(EmulatorAnswer(text: ["Hello"], frames: [EmulatorFrame(late)]), .openai, .openai)
        #expect(found.text == "Hello!")
        #expect(found.outcome == .completed)
    }

    @Test("T26: a second head behind words fails the answer, and nothing is said twice")
    func secondHead() async throws {
        let head =
            #"data: {"type":"message_start","message":{"id":"msg_2","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}}"#
        let answer = EmulatorAnswer(text: ["Hel", "lo"], frames: [EmulatorFrame(after: 1, "event: message_start", head)])
        let found = try await decoded(answer, .anthropic, .anthropic)
        #expect(found.failure == .invalidResponse)
        #expect(found.text == "Hel")
    }
}
