import Foundation
import TestSupport
import Testing

/// The whole way of an answer: the command line, the ingress, the queue, a worker, a provider, and back. All of it is the built program
/// but for the provider, which sends nothing before the test has seen what it sent before.
@Suite("The golden path", .serialized, .timeLimit(.minutes(5))) struct GoldenPathTests {
    /// What the provider sends, and the event that a client must see before anything more is sent.
    private static let script: [(beat: PacedProvider.Beat, event: String)] = [
        (.init(#"{"role":"assistant","content":"","refusal":null}"#, #"{"content":"Hel"}"#), #"{"type":"text.delta","text":"Hel"}"#),
        (.init(#"{"content":"lo, "}"#), #"{"type":"text.delta","text":"lo, "}"#),
        (.init(#"{"content":"wörld 😀"}"#), #"{"type":"text.delta","text":"wörld 😀"}"#),
        (
            .init(#"{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"weather","arguments":""}}]}"#),
            #"{"type":"tool_call.delta","index":0,"id":"call_a","name":"weather","arguments":""}"#
        ),
        (
            .init(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]}"#),
            #"{"type":"tool_call.delta","index":0,"arguments":"{\"city\":"}"#
        ),
        (
            .init(#"{"tool_calls":[{"index":0,"function":{"arguments":"\"Bonn\"}"}}]}"#),
            #"{"type":"tool_call.delta","index":0,"arguments":"\"Bonn\"}"}"#
        ),
        (
            .init(frames: [
                PacedProvider.chunk("{}", finish: "tool_calls"),
                #"{"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16}}"#, "[DONE]",
            ]), #"{"type":"tool_call.completed","index":0,"id":"call_a","name":"weather","arguments":"{\"city\":\"Bonn\"}"}"#
        ),
    ]

    @Test("each piece of an answer is at the client before the next one is sent, and a stream that is resumed anywhere is the rest of the whole")
    func path() async throws {
        let provider = PacedProvider(Self.script.map(\.beat))
        try await provider.serve { address in
            let variables = ["MAINSTAY_PROVIDER_URL": address, "MAINSTAY_PROVIDER_KEY": "sk-none", "MAINSTAY_PROVIDER_MODEL": "paced"]
            try await UpStack.with(variables: variables) { stack in
                let chat = try ChatProcess(["--json", "Hello"], environment: stack.environment)
                let (run, resumed) = try await Self.follow(chat, provider, stack)
                #expect(await chat.end() == 0, "\(chat.errors)")

                let whole = try await stack.events(of: run).text
                let frames = Frames.of(whole)
                #expect(chat.lines == frames.map(\.data), "the command prints what the stream has")
                #expect(frames.last?.data.contains(#""type":"run.completed""#) == true)
                #expect(Self.text(of: chat.lines) == "Hello, wörld 😀")
                try await Self.compare(whole, frames, resumed: resumed, of: run, in: stack)
                try await Self.look(at: stack)
            }
        }
    }

    /// Goes through the script, beat by beat.
    ///
    /// - Returns: The run, and what a second client got that came in the middle of it.
    private static func follow(_ chat: ChatProcess, _ provider: PacedProvider, _ stack: UpStack) async throws -> (run: String, resumed: String) {
        var arrivals: [ContinuousClock.Instant] = []
        var second: Task<String, any Error>?
        var run = ""
        for (index, step) in script.enumerated() {
            provider.go()
            try await eventually("beat \(index + 1) is at the client: \(chat.errors)") { chat.lines.contains(step.event) }
            arrivals.append(.now)
            #expect(provider.sent.count == index + 1, "nothing was sent ahead")
            if index == 1 {
                run = try #require(Self.run(of: chat.lines))
                second = Task { [run] in try await stack.events(of: run, after: "1-3").text }
            }
        }
        let sent = provider.sent
        for (index, arrival) in arrivals.enumerated() {
            if index + 1 < sent.count { #expect(arrival < sent[index + 1]) }
            // A stream that is held back somewhere by time and not by size would still be in order.
            #expect(sent[index].duration(to: arrival) < .seconds(3), "beat \(index + 1)")
        }
        return (run, try await #require(second).value)
    }

    /// Cuts the stream behind each of its events.
    private static func compare(_ whole: String, _ frames: [Frames], resumed: String, of run: String, in stack: UpStack) async throws {
        let opening = "retry: 500\n\n"
        #expect(whole.hasPrefix(opening))
        let pieces = whole.dropFirst(opening.count).components(separatedBy: "\n\n").filter { !$0.isEmpty }
        #expect(pieces.count == frames.count)
        for index in frames.indices {
            let rest = pieces[(index + 1)...].map { $0 + "\n\n" }.joined()
            let answer = try await stack.events(of: run, after: frames[index].id)
            if rest.isEmpty {
                #expect(answer.status == 204, "who has everything is not to come back")
            } else {
                #expect(answer.text == opening + rest, "after \(frames[index].id)")
            }
            if frames[index].id == "1-3" { #expect(resumed == opening + rest, "resumed while it was live") }
        }
    }

    /// What was measured on the way.
    private static func look(at stack: UpStack) async throws {
        let ingress = try await stack.ingressMetrics()
        #expect(ingress.contains("mainstay_runs_accepted_total 1"))
        func value(_ name: String) -> Double? {
            ingress.first { $0.hasPrefix("\(name) ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
        }
        // The five pieces after the first were live to the command, whenever it came.
        let count = try #require(value("mainstay_stream_token_overhead_seconds_count"))
        let sum = try #require(value("mainstay_stream_token_overhead_seconds_sum"))
        #expect(count >= 5 && sum / count < 1)
        #expect(try #require(value("mainstay_stream_resume_seconds_count")) >= 5)
        #expect(value("mainstay_stream_skewed_total") == 0)

        let worker = try await stack.workerMetrics()
        #expect(worker.contains("mainstay_stream_endings_total{ending=\"completed\",steps=\"one\"} 1"))
        let call = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"default\",gen_ai_request_model=\"paced\""
        #expect(worker.contains("gen_ai_client_operation_duration_seconds_count{\(call)} 1"))
        #expect(worker.contains("gen_ai_client_operation_time_per_output_chunk_seconds_count{\(call)} 5"))
        #expect(worker.contains("gen_ai_client_token_usage_sum{\(call),gen_ai_token_type=\"output\"} 7.0"))
    }

    private static func run(of lines: [String]) -> String? {
        guard let line = lines.first, let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else { return nil }
        return object["run"] as? String
    }

    private static func text(of lines: [String]) -> String {
        lines.compactMap { line in
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], object["type"] as? String == "text.delta"
            else { return nil }
            return object["text"] as? String
        }.joined()
    }
}
