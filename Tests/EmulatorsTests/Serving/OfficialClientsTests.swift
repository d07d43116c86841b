import TestSupport
import Testing
import Web

@testable import Emulators

/// The proof that the wires are the providers': their own clients accumulate what the script says.
@Suite("The official clients", .timeLimit(.minutes(3))) struct OfficialClientsTests {
    /// What a client is to have seen in the end; each wire has its own word for the finish.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let answer: EmulatorAnswer
        var text = ""
        var refusal = ""
        var reasoning = ""
        /// Id, name and arguments of each call.
        var calls: [[String]] = []
        let chat: String
        let messages: String

        var testDescription: String { name }

        var callValues: JSONValue { .array(calls.map { .array($0.map { .string($0) }) }) }
    }

    static let cases = [
        Case(name: "text", answer: Answers.greeting, text: "Hello 世界", chat: "stop", messages: "end_turn"),
        Case(
            name: "text in small pieces and CRLF",
            answer: EmulatorAnswer(
                text: ["é🚢", "\u{2028}\n\"x\""], wire: EmulatorWire(lineEnding: .crlf, splitEvery: 3, keepAlives: 17, padding: true)),
            text: "é🚢\u{2028}\n\"x\"", chat: "stop", messages: "end_turn"),
        Case(
            name: "parallel calls", answer: Answers.parallel,
            calls: [["call_a", "get_weather", #"{"city":"Oslo"}"#], ["call_b", "get_time", #"{"zone":"CET"}"#]], chat: "tool_calls",
            messages: "tool_use"),
        Case(name: "refusal", answer: Answers.refusal, refusal: "I cannot.", chat: "stop", messages: "refusal"),
        Case(
            name: "limit inside of a call", answer: Answers.cutTool, calls: [["call_a", "get_weather", #"{"city":"Os"#]], chat: "length",
            messages: "max_tokens"),
        Case(name: "reasoning", answer: Answers.thinking, text: "Yes.", reasoning: "Let me think.", chat: "stop", messages: "end_turn"),
    ]

    @Test(
        "of Chat Completions see what the script says, streamed and whole", arguments: OfficialClientsTests.cases,
        [EmulatorKind.openai, .openrouter])
    func chat(wanted: Case, kind: EmulatorKind) async throws {
        try await Asking.with(wanted.answer, of: kind) { asking in
            let tools: JSONValue = ["get_weather", "get_time"]
            let requests: [JSONValue] = [["stream": true, "usage": true], ["stream": true, "helper": true, "tools": tools], ["stream": false]]
            let all = try await PythonClients.run("chat.py", asking.url, requests)
            #expect(all.count == requests.count)
            for seen in all {
                #expect(seen["error"] == .null, "\(seen)")
                #expect(seen["text"]?.string ?? "" == wanted.text)
                #expect(seen["refusal"]?.string ?? "" == wanted.refusal)
                #expect(seen["reasoning"]?.string ?? "" == wanted.reasoning)
                #expect(seen["calls"] == wanted.callValues)
                #expect(seen["finish"] == .string(wanted.chat))
            }
        }
    }

    @Test("of Responses see what the script says, streamed, whole, and read on in the middle", arguments: OfficialClientsTests.cases)
    func responses(wanted: Case) async throws {
        try await Asking.with(wanted.answer) { asking in
            let all = try await PythonClients.run("responses.py", asking.url, [["stream": true], ["stream": false], ["resume": 6]])
            #expect(all.count == 3)
            for seen in all {
                #expect(seen["error"] == .null, "\(seen)")
                #expect(seen["text"]?.string == wanted.text)
                #expect(seen["refusal"]?.string == wanted.refusal)
                #expect(seen["reasoning"]?.string == wanted.reasoning)
                #expect(seen["calls"] == wanted.callValues)
                #expect(seen["status"]?.string == (wanted.chat == "length" ? "incomplete" : "completed"))
                let numbers = seen["numbers"]?.elements ?? []
                #expect(numbers == numbers.indices.map { JSONValue.count($0) })
            }
        }
    }

    @Test("of Messages see what the script says, streamed and whole", arguments: OfficialClientsTests.cases)
    func messages(wanted: Case) async throws {
        try await Asking.with(wanted.answer, of: .anthropic) { asking in
            let all = try await PythonClients.run("messages.py", asking.url, [["stream": true], ["stream": false]])
            #expect(all.count == 2)
            for seen in all {
                #expect(seen["error"] == .null, "\(seen)")
                #expect(seen["text"]?.string == wanted.text)
                #expect(seen["reasoning"]?.string == wanted.reasoning)
                #expect(seen["signed"] == .bool(!wanted.reasoning.isEmpty))
                #expect(seen["why"]?.string ?? "" == wanted.refusal)
                #expect(seen["finish"] == .string(wanted.messages))
                let calls = seen["calls"]?.elements ?? []
                #expect(calls.compactMap { $0[0]?.string } == wanted.calls.map { $0[0] })
                #expect(calls.compactMap { $0[1]?.string } == wanted.calls.map { $0[1] })
                if wanted.name == "parallel calls" { #expect(calls.compactMap { $0[2] } == [["city": "Oslo"], ["zone": "CET"]]) }
            }
        }
    }

    @Test("meet an error before the stream as the class that belongs to its status", arguments: EmulatorKind.allCases)
    func errorsBefore(kind: EmulatorKind) async throws {
        let answers = [EmulatorAnswer(refuse: EmulatorError(429)), EmulatorAnswer(refuse: EmulatorError(500))]
        try await Asking.with(EmulatorScript(inOrder: answers), of: kind) { asking in
            let program = kind == .anthropic ? "messages.py" : "chat.py"
            let seen = try await PythonClients.run(program, asking.url, [["stream": true], ["stream": true]])
            #expect(seen.compactMap { $0["error"]?["class"] } == ["RateLimitError", "InternalServerError"])
            #expect(seen.compactMap { $0["error"]?["status"] } == [429, 500])
        }
    }

    @Test("meet an error inside of the stream, behind what had come", arguments: EmulatorKind.allCases, EmulatorError.Form.allCases)
    func errorsInside(kind: EmulatorKind, form: EmulatorError.Form) async throws {
        var answer = Answers.greeting
        answer.ending = EmulatorEnding(.error, after: 1, error: EmulatorError(kind == .anthropic ? 529 : 502, message: "broken", form: form))
        try await Asking.with(answer, of: kind) { asking in
            let program = kind == .anthropic ? "messages.py" : "chat.py"
            let seen = try #require(try await PythonClients.run(program, asking.url, [["stream": true]]).first)
            #expect(seen["text"] == "Hel")
            #expect(seen["error"]?["class"]?.string == (kind == .anthropic ? "APIStatusError" : "APIError"))
            let body = seen["error"]?["body"]
            #expect((kind == .anthropic ? body?["error"] : body)?["message"] == "broken")
        }
        guard kind == .openai else { return }
        try await Asking.with(answer) { asking in
            let seen = try #require(try await PythonClients.run("responses.py", asking.url, [["stream": true]]).first)
            #expect(seen["deltas"] == ["Hel"])
            #expect(seen["error"] != .null)
        }
    }

    @Test("take a stream that ends in order without a finish for an answer, and one that is reset for a fault") func cuts() async throws {
        var clean = Answers.greeting
        clean.ending = EmulatorEnding(.withoutFinish, after: 2)
        var reset = Answers.greeting
        reset.ending = EmulatorEnding(.reset, after: 2)
        reset.pace.gap = .milliseconds(100)
        try await Asking.with(EmulatorScript(inOrder: [clean, reset])) { asking in
            let seen = try await PythonClients.run("chat.py", asking.url, [["stream": true], ["stream": true]])
            try #require(seen.count == 2)
            // No error, and no finish: this is why nobody may rely on the client's word alone.
            #expect(seen[0]["error"] == .null)
            #expect(seen[0]["text"] == "Hello ")
            #expect(seen[0]["finish"] == .null)
            #expect(seen[1]["error"]?["class"] == "APIConnectionError")
        }
    }
}
