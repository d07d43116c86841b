import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import NIOCore
import Postgres
import Redis
import TestSupport
import Testing
import Web
import Workspaces

@testable import Inference

/// Knows three tokens: `mine`, `theirs` (another workspace) and `reader` (mine, without the scope to write).
private struct ThreeTokens: Authenticator {
    let mine: UUID
    let theirs = UUID()
    private static let all: Set<String> = ["runs:read", "runs:write", "memories:read", "memories:write"]

    func identity(bearer: String) async throws -> Identity? {
        switch bearer {
        case "mine", "reader":
            Identity(
                workspace: mine, workspaceSlug: "mine", tokenID: UUID(), user: nil,
                scopes: bearer == "mine" ? Self.all : ["runs:read", "memories:read"])
        case "theirs": Identity(workspace: theirs, workspaceSlug: "theirs", tokenID: UUID(), user: nil, scopes: Self.all)
        default: nil
        }
    }
}

/// An agent that every workspace has.
private struct OneAgent: AgentLookup {
    func agent(_ reference: String, workspace: UUID) async throws -> AgentCharacter? {
        reference == "o/ada" ? AgentCharacter(id: UUID(), label: "o/ada", name: "Ada", system: "You are Ada. Be brief.") : nil
    }
}

@Suite("Runs over HTTP", .timeLimit(.minutes(2))) struct RunRoutesTests {
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let body: [UInt8]

        var json: JSONValue { (try? JSONBody.decode(JSONValue.self, from: body)) ?? .null }
        var id: UUID? { json["id"]?.string.flatMap(UUID.init(uuidString:)) }
        var pointers: [String] { (json["errors"]?.elements ?? []).compactMap { $0["pointer"]?.string } }

        /// The events of a stream.
        var events: [SSEEvent] {
            var decoder = SSEDecoder()
            return (try? decoder.decode(body)) ?? []
        }

        /// The stream's bytes after the frame that tells how long to wait.
        var frames: String {
            let text = String(decoding: body, as: UTF8.self)
            return text.hasPrefix("retry: 500\n\n") ? String(text.dropFirst("retry: 500\n\n".count)) : text
        }
    }

    struct Asker: Sendable {
        let client: any TestClientProtocol
        let engine: Engine

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]? = nil, token: String? = "mine", headers: HTTPFields = [:]
        ) async throws -> Answer {
            var headers = headers
            if let token { headers[.authorization] = "Bearer \(token)" }
            if body != nil { headers[.contentType] = "application/json" }
            // A stream's answer closes its connection; the client may find that out only when it asks again.
            for _ in 0..<5 {
                do {
                    return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) }) {
                        Answer(status: $0.status, headers: $0.headers, body: Array($0.body.readableBytesView))
                    }
                } catch ChannelError.ioOnClosedChannel {}
            }
            throw ChannelError.ioOnClosedChannel
        }

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: String, token: String? = "mine", headers: HTTPFields = [:]
        ) async throws -> Answer {
            try await self(method, path, Array(body.utf8), token: token, headers: headers)
        }

        func started(_ body: String = #"{"messages":[{"role":"user","content":"Hello"}],"model":"scripted-fast"}"#) async throws -> UUID {
            let answer = try await self(.post, "/v1/runs", body)
            #expect(answer.status == .accepted)
            return try #require(answer.id)
        }

        func events(of run: UUID, after cursor: String? = nil, token: String = "mine") async throws -> Answer {
            var headers: HTTPFields = [.accept: "text/event-stream"]
            if let cursor { headers[.lastEventID] = cursor }
            return try await self(.get, "/v1/runs/\(run.lowercased)/events", token: token, headers: headers)
        }
    }

    static func withRoutes(
        _ providers: [any Provider] = [], worker: Bool = true, silence: Duration = .milliseconds(600), watch: IdentityWatch? = nil,
        setup: @Sendable (InferenceFixture) async throws -> InferenceSetup? = { _ in nil }, _ body: @escaping @Sendable (Asker) async throws -> Void
    ) async throws {
        try await InferenceFixture.with(silence: silence) { fixture in
            try await fixture.withEngine(providers, agents: OneAgent(), worker: worker, setup: try await setup(fixture)) { engine in
                var options = WebResponder.Options(problems: ProblemMapping.table)
                options.identityWatch = watch
                let responder = WebResponder(
                    authenticator: ThreeTokens(mine: fixture.workspace), features: [engine.inference.routes], options: options)
                // Live, because an event stream watches its connection.
                try await Application(responder: responder).test(.ahc(.http)) { client in
                    try await body(Asker(client: client, engine: engine))
                }
            }
        }
    }

    @Test("A run goes from POST to its last event, and is shown")
    func life() async throws {
        try await Self.withRoutes { ask in
            let accepted = try await ask(
                .post, "/v1/runs",
                #"{"messages":[{"role":"user","content":"Where is it?"}],"model":"scripted-fast","agent":"o/ada","metadata":{"k":"v"}}"#)
            #expect(accepted.status == .accepted)
            let id = try #require(accepted.id)
            #expect(accepted.headers[.location] == "/v1/runs/\(id.lowercased)")
            #expect(accepted.json["kind"]?.string == "run.execute")
            #expect(accepted.json["url"]?.string == "/v1/jobs/\(id.lowercased)")

            let stream = try await ask.events(of: id)
            #expect(stream.status == .ok)
            #expect(stream.headers[.contentType] == "text/event-stream; charset=utf-8")
            let events = stream.events
            #expect(events.first?.type == "run.started")
            #expect(events.last?.type == "run.completed")
            #expect(events.filter { RunEvent.isTerminal(type: $0.type) }.count == 1)
            #expect(events.map(\.lastEventID) == (1...events.count).map { "1-\($0)" })

            _ = try await ask.engine.finished(id)
            let shown = try await ask(.get, "/v1/runs/\(id.lowercased)")
            #expect(shown.status == .ok)
            #expect(shown.json["state"]?.string == "completed")
            #expect(shown.json["agent"]?.string == "o/ada")
            #expect(shown.json["metadata"]?["k"]?.string == "v")
            #expect(shown.json["finish"]?["unified"]?.string == "stop")
            let text = try #require(shown.json["text"]?.string)
            #expect(text.contains("You are Ada.") && text.contains("“Where is it?”"))
            let streamed = try events.compactMap { try RunEvent(payload: $0.data.utf8) }.reduce(into: "") { text, event in
                if case .chunk(let chunk) = event { text += chunk.text }
            }
            #expect(streamed == text)
        }
    }

    @Test("Resumed at every id, by header or query, live, replayed or from PostgreSQL alone: the same bytes")
    func resume() async throws {
        try await Self.withRoutes { ask in
            let id = try await ask.started()
            let whole = try await ask.events(of: id)
            let events = whole.events
            let frames = whole.frames.components(separatedBy: "\n\n").dropLast().map { $0 + "\n\n" }
            #expect(frames.count == events.count)
            _ = try await ask.engine.finished(id)
            for source in ["log", "archive"] {
                if source == "archive" {
                    try await ask.engine.fixture.loseLog(of: id)
                }
                #expect(try await ask.events(of: id).frames == frames.joined(), "\(source)")
                for (index, event) in events.dropLast().enumerated() {
                    let rest = frames[(index + 1)...].joined()
                    #expect(try await ask.events(of: id, after: event.lastEventID).frames == rest, "\(source) after \(event.lastEventID)")
                }
                let middle = events[events.count / 2].lastEventID
                let byQuery = try await ask(.get, "/v1/runs/\(id.lowercased)/events?after=\(middle)")
                #expect(byQuery.frames == frames[(events.count / 2 + 1)...].joined())
                // A browser repeats its first URL and sends the header: the header is newer.
                let both = try await ask(
                    .get, "/v1/runs/\(id.lowercased)/events?after=1-1", headers: [.lastEventID: middle])
                #expect(both.frames == byQuery.frames)
                #expect(try await ask.events(of: id, after: events.last?.lastEventID).status == .noContent)
            }
        }
    }

    @Test("Clients that come at any time during the run all get the whole, once")
    func manyClients() async throws {
        let provider = PlayedProvider { _, receive in
            for number in 0..<300 {
                try await receive(.text("\(number) "))
                if number.isMultiple(of: 10) { try await ContinuousClock().sleep(for: .milliseconds(2)) }
            }
            try await receive(.stopped)
        }
        try await Self.withRoutes([provider]) { ask in
            let id = try await ask.started(#"{"messages":[{"role":"user","content":"Count"}]}"#)
            let bodies = try await withThrowingTaskGroup(of: String.self) { group in
                for client in 0..<20 {
                    group.addTask {
                        try await ContinuousClock().sleep(for: .milliseconds(client * 3))
                        return try await ask.events(of: id).frames
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(bodies.count == 1)
        }
    }

    @Test("An end that was never appended is found in PostgreSQL")
    func unannouncedEnd() async throws {
        try await Self.withRoutes(worker: false) { ask in
            let fixture = ask.engine.fixture
            let identity = fixture.identity()
            let beginning = RunStore.Beginning(identity: identity, provider: "p", model: "m", metadata: [:])
            _ = try await fixture.pool.transaction(.workspaces([fixture.workspace])) { try await fixture.store.claim(beginning, in: $0) }
            let journal = RunJournal(log: fixture.log, identity: identity, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
            try await journal.append([.stepStarted(step: 1), .chunk(StreamChunk(.text, "all of it"))])
            try await withThrowingTaskGroup(of: Answer.self) { group in
                group.addTask { try await ask.events(of: identity.run) }
                // The worker commits and dies before it appends.
                let end = RunEvent.completed(finish: FinishReason(.stop, raw: "stop"), usage: nil)
                let (archive, transcript) = await journal.conclude(with: end)
                let outcome = RunOutcome(
                    state: .completed, transcript: transcript, incompleteReason: nil, error: nil, archive: archive, firstOutput: nil, step: nil)
                try await fixture.pool.transaction(.workspaces([fixture.workspace])) {
                    try await fixture.store.finish(identity, epoch: 1, provider: "p", model: "m", outcome: outcome, in: $0)
                }
                let events = try #require(try await group.next()).events
                #expect(events.map(\.type) == ["step.started", "text.delta", "run.completed"])
                #expect(events.map(\.lastEventID) == ["1-1", "1-2", "1-3"])
            }
            // Who comes later finds it at once, also when the log is older than its time to live and the run is known yet.
            let end = RunEventID(epoch: 1, number: 3)
            #expect(try await fixture.log.meta(identity.run)?.ended == end)
            let keys = fixture.log.keys(identity.run)
            _ = try await fixture.runLog.send(RedisCommand("HDEL", .string(keys.meta), "noted"))
            #expect(try await fixture.log.meta(identity.run)?.isWithoutLog == false)
            _ = try await fixture.runLog.send(RedisCommand("DEL", .string(keys.log)))
            #expect(try await fixture.log.meta(identity.run)?.isWithoutLog == true)
            #expect(try await ask.events(of: identity.run).events.map(\.lastEventID) == ["1-1", "1-2", "1-3"])
            #expect(try await fixture.log.meta(identity.run)?.ended == end)
        }
    }

    @Test("A run whose job is dead has an end all the same")
    func dead() async throws {
        try await Self.withRoutes(worker: false) { ask in
            let fixture = ask.engine.fixture
            let id = try await ask.started()
            #expect(try await ask(.get, "/v1/runs/\(id.lowercased)").json["state"]?.string == "queued")
            try await fixture.buryJob(of: id)
            let events = try await ask.events(of: id).events
            #expect(events.map(\.type) == ["run.failed"])
            #expect(try await ask.events(of: id).events == events)
            #expect(try await ask(.get, "/v1/runs/\(id.lowercased)").json["state"]?.string == "failed")
        }
    }

    @Test("Cancelling: while it runs, before it began, after it ended")
    func cancelling() async throws {
        let provider = PlayedProvider { request, receive in
            try await receive(.text("part"))
            if request.messages.last?.content == "wait" { try await Permits().take() }
            try await receive(.stopped)
        }
        try await Self.withRoutes([provider]) { ask in
            let running = try await ask.started(#"{"messages":[{"role":"user","content":"wait"}]}"#)
            try await eventually("it streams") { try await !ask.engine.fixture.log.readAll(running).isEmpty }
            let answer = try await ask(.post, "/v1/runs/\(running.lowercased)/cancel")
            #expect(answer.status == .accepted)
            #expect(answer.json["cancel_requested"] == true)
            #expect(try await ask.events(of: running).events.last?.type == "run.cancelled")

            let over = try await ask.started(#"{"messages":[{"role":"user","content":"go"}]}"#)
            _ = try await ask.engine.finished(over)
            let late = try await ask(.post, "/v1/runs/\(over.lowercased)/cancel")
            #expect(late.status == .ok)
            #expect(late.json["state"]?.string == "completed")
        }
        try await Self.withRoutes(worker: false) { ask in
            let queued = try await ask.started()
            #expect(try await ask(.post, "/v1/runs/\(queued.lowercased)/cancel").status == .accepted)
            #expect(try await ask(.get, "/v1/runs/\(queued.lowercased)").json["cancel_requested"] == true)
        }
    }

    @Test("Another workspace's run and one that never was look the same, everywhere")
    func tenants() async throws {
        try await Self.withRoutes { ask in
            let running = try await ask.started()
            _ = try await ask.engine.finished(running)
            for id in [running, UUID()] {
                let path = "/v1/runs/\(id.lowercased)"
                for answer in [
                    try await ask(.get, path, token: "theirs"), try await ask.events(of: id, token: "theirs"),
                    try await ask(.get, path + "/events?after=1-1", token: "theirs"), try await ask(.post, path + "/cancel", token: "theirs"),
                ] {
                    #expect(answer.status == .notFound)
                    #expect(answer.json["detail"]?.string == "There is no run `\(id.lowercased)` here.")
                }
            }
            let wishes = try await ask.engine.fixture.database.psql("select count(*) from run_cancellations")
            #expect(wishes.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
        }
        try await Self.withRoutes(worker: false) { ask in
            let queued = try await ask.started()
            #expect(try await ask.events(of: queued, token: "theirs").status == .notFound)
            #expect(try await ask(.get, "/v1/runs/\(queued.lowercased)", token: "theirs").status == .notFound)
        }
    }

    @Test("Bad requests are problems that name the place")
    func badRequests() async throws {
        try await Self.withRoutes { ask in
            let table: [(String, HTTPResponse.Status, [String])] = [
                (#"{"messages":["#, .badRequest, []), ("", .badRequest, []), ("[]", .unprocessableContent, ["#"]),
                (#"{"messages":[]}"#, .unprocessableContent, ["#/messages"]), (#"{}"#, .unprocessableContent, ["#/messages"]),
                (#"{"messages":[{"role":"king","content":"a"}]}"#, .unprocessableContent, ["#/messages/0/role"]),
                (#"{"messages":[{"role":"user","content":7}]}"#, .unprocessableContent, ["#/messages/0/content"]),
                (#"{"messages":[{"role":"user","content":"a"}],"model":"gpt-0"}"#, .unprocessableContent, ["#/model"]),
                (#"{"messages":[{"role":"user","content":"a"}],"agent":"o/nobody"}"#, .unprocessableContent, ["#/agent"]),
                (#"{"messages":[{"role":"user","content":"a\u0000b"}]}"#, .unprocessableContent, ["#/messages/0/content"]),
            ]
            for (body, status, pointers) in table {
                let answer = try await ask(.post, "/v1/runs", body)
                #expect(answer.status == status, "\(body)")
                if !pointers.isEmpty { #expect(answer.pointers == pointers, "\(body)") }
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
            let invalid = try await ask(.post, "/v1/runs", Array(#"{"messages":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
            #expect(invalid.status == .badRequest)
            let large = #"{"messages":[{"role":"user","content":"\#(String(repeating: "x", count: 5 << 20))"}]}"#
            #expect(try await ask(.post, "/v1/runs", large).status == .contentTooLarge)
            #expect(try await ask(.post, "/v1/runs", #"{"messages":[]}"#, token: "reader").status == .forbidden)
            #expect(try await ask(.post, "/v1/runs", #"{"messages":[]}"#, token: nil).status == .unauthorized)
            #expect(try await ask(.get, "/v1/runs/nonsense").status == .notFound)
            let id = try await ask.started()
            for cursor in ["x", "0-1", "1-", "1-1-1", "-1"] {
                #expect(try await ask.events(of: id, after: cursor).status == .badRequest, "\(cursor)")
                #expect(try await ask(.get, "/v1/runs/\(id.lowercased)/events?after=\(cursor)").status == .badRequest, "\(cursor)")
            }
            let runs = try await ask.engine.fixture.database.psql("select count(*) from runs where id <> '\(id)'")
            #expect(runs.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
        }
    }

    @Test("An Idempotency-Key names one run; another body under it is refused")
    func idempotency() async throws {
        try await Self.withRoutes { ask in
            let body = #"{"messages":[{"role":"user","content":"once"}],"model":"scripted-fast"}"#
            let headers: HTTPFields = [.idempotencyKey: "key-1"]
            let first = try await ask(.post, "/v1/runs", body, headers: headers)
            let again = try await ask(.post, "/v1/runs", body, headers: headers)
            #expect(first.id == again.id)
            #expect(again.headers[.idempotencyReplayed] == "true")
            let other = try await ask(.post, "/v1/runs", body.replacing("once", with: "twice"), headers: headers)
            #expect(other.status == .unprocessableContent)
        }
    }

    @Test("The description names each route, and each event type once")
    func description() async throws {
        try await Self.withRoutes(worker: false) { ask in
            let paths = try await ask(.get, "/openapi.json", token: nil).json["paths"]
            #expect(
                paths?.members?.map(\.name).filter { $0.hasPrefix("/v1/runs") }.sorted() == [
                    "/v1/runs", "/v1/runs/{id}", "/v1/runs/{id}/cancel", "/v1/runs/{id}/events", "/v1/runs/{id}/tool-results",
                ])
        }
    }
}
