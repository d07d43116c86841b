import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TestSupport
import Testing
import Web

@testable import Inference

/// Runs of several steps behind the endpoints of other APIs.
@Suite("Tools of the workspace in other APIs", .timeLimit(.minutes(2))) struct CompatibleToolsTests {
    private static let mine = ToolCall.played(1, "mine", #"{"a":1}"#)
    private static let warmth = ToolCall.played(0, "warmth", #"{"city":"Oslo"}"#)

    /// A body for each path, with a tool of the client's own.
    private static func bodies(_ more: String) -> [(path: String, body: String)] {
        let messages = #""model":"test-model","messages":[{"role":"user","content":"How warm is it?"}]"#
        return [
            ("/v1/chat/completions", #"{\#(messages),"tools":[{"type":"function","function":{"name":"mine"}}]\#(more)}"#),
            ("/v1/messages", #"{\#(messages),"max_tokens":99,"tools":[{"name":"mine","input_schema":{"type":"object"}}]\#(more)}"#),
            ("/v1/responses", #"{"model":"test-model","input":"How warm is it?","tools":[{"type":"function","name":"mine"}]\#(more)}"#),
        ]
    }

    /// Names of the calls that an answer shows, and how it says it ended.
    private static func shown(_ answer: JSONValue, at path: String) -> (calls: [String], end: String?) {
        switch path {
        case "/v1/chat/completions":
            let calls = answer[path: "choices.0.message.tool_calls"].elements ?? []
            return (calls.compactMap { $0[path: "function.name"].string }, answer[path: "choices.0.finish_reason"].string)
        case "/v1/messages":
            let calls = (answer["content"]?.elements ?? []).filter { $0["type"] == "tool_use" }
            return (calls.compactMap { $0["name"]?.string }, answer["stop_reason"]?.string)
        default:
            let calls = (answer["output"]?.elements ?? []).filter { $0["type"] == "function_call" }
            return (calls.compactMap { $0["name"]?.string }, answer["status"]?.string)
        }
    }

    /// Runs `body` with routes whose workspace has the tool `warmth`.
    ///
    /// - Parameter calls: Counts the calls of the tool.
    private static func withTool(
        _ steps: [[ToolCall]], seen: Collected<ProviderRequest> = Collected(), calls: Collected<String> = Collected(),
        _ body: @escaping @Sendable (RunRoutesTests.Asker) async throws -> Void
    ) async throws {
        let router = Router()
        router.post("/warmth") { request, _ -> String in
            let body = try await request.body.collect(upTo: 1 << 20)
            let asked = try JSONBody.decode(JSONValue.self, from: Array(body.readableBytesView))
            let city = asked["arguments"]?["city"]?.string ?? "nowhere"
            calls.add(city)
            return "21 degrees in \(city)"
        }
        try await Application(router: router).test(.live) { server in
            let port = try #require(server.port)
            try await RunRoutesTests.withRoutes([PlayedProvider.calling(steps, seen: seen)]) { fixture in
                _ = try await fixture.database.psql("insert into workspaces (id, slug, name) values ('\(fixture.workspace)', 'mine', 'Mine')")
                let keys = try SealingKeys("one:\(Data(repeating: 1, count: 32).base64EncodedString())")
                let configuration = InferenceSetup.Configuration(keys: keys, addresses: try AddressPolicy(allowing: ["127.0.0.1"]))
                let id = UUID()
                let wish = ToolStore.Wish(
                    name: "warmth", description: nil, parameters: ["type": "object"], url: "http://127.0.0.1:\(port)/warmth",
                    timeoutMilliseconds: 5000, isDisabled: false)
                let secret = try keys.seal(ToolSecret().revealedBytes, for: .tool(id, fixture.workspace))
                _ = try await ToolStore(pool: fixture.pool).make(id, wish, secret: secret, workspace: fixture.workspace, by: .tester)
                return InferenceSetup(configuration: configuration, pool: fixture.pool, logger: fixture.logger)
            } _: { ask in
                try await body(ask)
            }
        }
    }

    @Test("A tool of the workspace is carried out and not shown, and the answer that it led to is; without its name it is not offered")
    func server() async throws {
        let (seen, calls) = (Collected<ProviderRequest>(), Collected<String>())
        try await Self.withTool([[Self.warmth]], seen: seen, calls: calls) { ask in
            let ends = ["/v1/chat/completions": "stop", "/v1/messages": "end_turn", "/v1/responses": "completed"]
            for (path, body) in Self.bodies(#","workspace_tools":["warmth"]"#) {
                let answer = try await ask(.post, path, body)
                #expect(answer.status == .ok, "\(path)")
                #expect(String(decoding: answer.body, as: UTF8.self).contains("21 degrees in Oslo"), "\(path)")
                let shown = Self.shown(answer.json, at: path)
                #expect(shown.calls.isEmpty && shown.end == ends[path], "\(path): \(shown)")
                #expect(seen.all.last?.tools.map(\.name) == ["mine", "warmth"])
            }
            #expect(calls.all.count == 3)
            for (path, body) in Self.bodies(#","workspace_tools":["*"],"stream":true"#) {
                let text = String(decoding: try await ask(.post, path, body).body, as: UTF8.self)
                #expect(text.contains("21 degrees in Oslo"), "\(path)")
                #expect(!text.contains("warmth"), "\(path)")
            }
            for (path, body) in Self.bodies("") {
                let answer = try await ask(.post, path, body)
                #expect(seen.all.last?.tools.map(\.name) == ["mine"])
                // Whatever a model calls in a run of one step goes to the client.
                #expect(Self.shown(answer.json, at: path).calls == ["warmth"], "\(path)")
            }
            #expect(calls.all.count == 6)
        }
    }

    @Test("A call of the client's own tool ends the answer after steps of the workspace's, and a response goes on with its result")
    func clients() async throws {
        let seen = Collected<ProviderRequest>()
        try await Self.withTool([[Self.warmth], [Self.mine]], seen: seen) { ask in
            let ends = ["/v1/chat/completions": "tool_calls", "/v1/messages": "tool_use", "/v1/responses": "completed"]
            for (path, body) in Self.bodies(#","workspace_tools":["warmth"]"#) {
                let answer = try await ask(.post, path, body)
                let shown = Self.shown(answer.json, at: path)
                #expect(shown.calls == ["mine"] && shown.end == ends[path], "\(path): \(shown)")
                guard path == "/v1/responses" else { continue }
                let id = try #require(answer.json["id"]?.string)
                let next = """
                    {"model":"test-model","previous_response_id":"\(id)","input":[{"type":"function_call_output","call_id":"call_1","output":"done"}]}
                    """
                #expect(try await ask(.post, path, next).status == .ok)
                let messages = try #require(seen.all.last?.messages)
                #expect(messages.map(\.role) == [.user, .assistant, .tool, .assistant, .tool])
                #expect(messages[2].content == "21 degrees in Oslo" && messages[4].content == "done")
            }
        }
    }

    @Test("Of a step that calls both, the client is given its own, and the workspace's is not carried out")
    func both() async throws {
        let (seen, calls) = (Collected<ProviderRequest>(), Collected<String>())
        try await Self.withTool([[Self.warmth, Self.mine]], seen: seen, calls: calls) { ask in
            for (path, body) in Self.bodies(#","workspace_tools":["warmth"]"#) {
                let answer = try await ask(.post, path, body)
                #expect(Self.shown(answer.json, at: path).calls == ["mine"], "\(path)")
                guard path == "/v1/responses", let id = answer.json["id"]?.string else { continue }
                let next = """
                    {"model":"test-model","previous_response_id":"\(id)","input":[{"type":"function_call_output","call_id":"call_1","output":"done"}]}
                    """
                #expect(try await ask(.post, path, next).status == .ok)
                #expect(seen.all.last?.messages[1].toolCalls?.map(\.id) == ["call_1"])
            }
            #expect(calls.all.isEmpty)
        }
    }

    @Test("An answer that has no step left is an error that no client repeats by itself")
    func steps() async throws {
        try await Self.withTool([[Self.warmth], [Self.warmth]]) { ask in
            for (path, body) in Self.bodies(#","workspace_tools":["warmth"],"max_steps":2"#) {
                let answer = try await ask(.post, path, body)
                #expect(answer.status == .badGateway, "\(path)")
                #expect(answer.json[path: "error.message"].string?.contains("max_steps") == true, "\(path)")
                #expect(answer.headers[.shouldRetry] == "false", "\(path)")
            }
        }
    }

    @Test("Memory, an agent beside the model, and bounds of steps are those of native runs; their faults are named")
    func members() async throws {
        let seen = Collected<ProviderRequest>()
        try await RunRoutesTests.withRoutes([PlayedProvider.calling([], seen: seen)]) { ask in
            for (path, body) in Self.bodies(#","memory":true,"agent":"o/ada","max_steps":3,"fallback":["scripted-fast"]"#) {
                #expect(try await ask(.post, path, body).status == .ok, "\(path)")
                let request = try #require(seen.all.last)
                #expect(request.model == "test-model")
                #expect(request.messages.first?.content.contains("You are Ada.") == true, "\(path)")
                #expect(request.tools.map(\.name).contains("memory_write"), "\(path)")
            }
            let faults = [
                (#","workspace_tools":["nothing"]"#, "workspace_tools[0]"), (#","max_steps":99"#, "max_steps"),
                (#","max_steps":1,"memory":true"#, "max_steps"), (#","agent":"o/nobody""#, "agent"), (#","memory":"yes""#, "memory"),
            ]
            for (more, parameter) in faults {
                let answer = try await ask(.post, "/v1/responses", Self.bodies(more)[2].body)
                #expect(answer.status == .badRequest, "\(more)")
                #expect(answer.json[path: "error.param"] == .string(parameter), "\(more)")
            }
            #expect(try await ask(.post, "/v1/responses", Self.bodies("")[2].body, token: "reader").status == .forbidden)
        }
    }

    @Test("A native run takes no word for what only the server sets")
    func native() async throws {
        let seen = Collected<ProviderRequest>()
        try await RunRoutesTests.withRoutes([PlayedProvider.calling([], seen: seen)]) { ask in
            let body = #"{"messages":[{"role":"user","content":"Hi"}],"turn":{"start":0},"returns_calls":true}"#
            let run = try await ask.started(body)
            _ = try await ask.engine.finished(run)
            let rows = try await ask.engine.fixture.database.psql("select count(*) from run_turns")
            #expect(rows.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
        }
    }
}
