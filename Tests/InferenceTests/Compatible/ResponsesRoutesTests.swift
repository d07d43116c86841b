import Foundation
import HTTPTypes
import Jobs
import Redis
import TestSupport
import Testing
import Web

@testable import Inference

@Suite("Answers that outlive their request", .timeLimit(.minutes(2))) struct ResponsesRoutesTests {
    private func read(_ answer: RunRoutesTests.Answer) -> [ToldFrame] { CompatibleRoutesTests.frames(answer) }

    @Test("A response in the background: created at once, read at any time, followed from behind any number, live or from PostgreSQL alone")
    func responses() async throws {
        try await RunRoutesTests.withRoutes { ask in
            let made = try await ask(.post, "/v1/responses", #"{"model":"scripted-fast","input":"Hello","background":true}"#)
            #expect(made.status == .ok)
            #expect(made.json[path: "status"] == "queued")
            let id = try #require(made.json["id"]?.string)
            let path = "/v1/responses/\(id)"
            let whole = try await ask(.get, path + "?stream=true")
            let frames = read(whole)
            #expect(frames.last?.type == "response.completed")
            #expect(frames.map { $0.data[path: "sequence_number"].number } == frames.indices.map { Int64($0) })
            let run = try #require(ResponsesShape.run(id))
            _ = try await ask.engine.finished(run)
            for source in ["log", "archive"] {
                if source == "archive" {
                    try await ask.engine.fixture.loseLog(of: run)
                }
                for number in frames.indices {
                    let rest = try await ask(.get, path + "?stream=true&starting_after=\(number)")
                    #expect(read(rest) == Array(frames[(number + 1)...]), "\(source) after \(number)")
                }
                let shown = try await ask(.get, path)
                #expect(shown.json == frames.last.flatMap { try? JSONBody.decode(JSONValue.self, from: ($0.data["response"] ?? .null).bytes()) })
            }
            #expect(try await ask(.get, path, token: "theirs").status == .notFound)
            #expect(try await ask(.get, path + "?stream=true", token: "theirs").status == .notFound)
            #expect(try await ask(.post, path + "/cancel", token: "theirs").status == .notFound)
            #expect(try await ask(.get, "/v1/responses/resp_x").status == .notFound)
            #expect(try await ask(.get, path + "?stream=true&starting_after=x").status == .badRequest)
            #expect(try await ask(.post, path + "/cancel").json[path: "status"] == "completed")
        }
    }

    @Test("Before its first event a response is queued, and has its id, its time and who was asked, at its making as at every look")
    func queued() async throws {
        try await RunRoutesTests.withRoutes([PlayedProvider { _, _ in }], worker: false) { ask in
            for (asked, told) in [("played/test-model", "test-model"), ("test-model", "test-model"), ("o/ada", "o/ada")] {
                let made = try await ask(.post, "/v1/responses", #"{"model":"\#(asked)","input":"Hello","background":true}"#)
                let id = try #require(made.json["id"]?.string)
                let run = try #require(ResponsesShape.run(id))
                #expect(made.status == .ok && id.hasPrefix("resp_") && made.json[path: "object"] == "response")
                #expect(made.json[path: "status"] == "queued" && made.json[path: "model"] == .string(told), "\(asked)")
                #expect(made.json[path: "created_at"].number == run.version7Milliseconds / 1_000)
                #expect(made.json[path: "output"] == [] && made.json[path: "error"] == .null && made.json[path: "incomplete_details"] == .null)
                // Members that the official clients' type always has.
                #expect(made.json[path: "tools"] == [] && made.json[path: "tool_choice"] == "auto" && made.json[path: "parallel_tool_calls"] == true)
                let shown = try await ask(.get, "/v1/responses/\(id)")
                #expect(shown.json == made.json)
            }
            // A run that was asked for in the native words, and names no model.
            let native = try await ask.started(#"{"messages":[{"role":"user","content":"Hello"}]}"#)
            let shown = try await ask(.get, "/v1/responses/\(native.lowercased)")
            #expect(shown.json[path: "status"] == "queued" && shown.json[path: "model"] == "test-model")
        }
    }

    @Test("Once a worker has it, a response is in progress before the model's first word, and names who answers and what it goes on from")
    func silent() async throws {
        let permits = Permits()
        let provider = PlayedProvider { request, receive in
            if request.messages.last?.content == "wait" { try await permits.take() }
            try await receive(.text("a"))
            try await receive(.stopped)
        }
        try await RunRoutesTests.withRoutes([provider]) { ask in
            let first = try await ask(.post, "/v1/responses", #"{"model":"test-model","input":"Hello"}"#)
            let earlier = try #require(first.json["id"]?.string)
            let made = try await ask(
                .post, "/v1/responses", #"{"model":"test-model","input":"wait","background":true,"previous_response_id":"\#(earlier)"}"#)
            let id = try #require(made.json["id"]?.string)
            #expect(made.json[path: "status"] == "queued" && made.json[path: "previous_response_id"] == .string(earlier))
            try await eventually("a worker has it") {
                let shown = try await ask(.get, "/v1/responses/\(id)").json
                #expect(shown[path: "model"] == "test-model" && shown[path: "previous_response_id"] == .string(earlier))
                #expect(shown[path: "created_at"] == made.json[path: "created_at"] && shown[path: "output"] == [])
                return shown[path: "status"] == "in_progress"
            }
            permits.give()
            let run = try #require(ResponsesShape.run(id))
            let finished = try await ask.engine.finished(run)
            #expect(finished.text == "a")
        }
    }

    @Test("Of a run that goes on and whose log has lost its beginning: in progress, and the whole when it is over, also for who follows it")
    func trimmed() async throws {
        let permits = Permits()
        let provider = PlayedProvider { _, receive in
            for word in ["one ", "two ", "three "] { try await receive(.text(word)) }
            try await permits.take()
            try await receive(.text("four"))
            try await receive(.stopped)
        }
        try await RunRoutesTests.withRoutes([provider]) { ask in
            let made = try await ask(.post, "/v1/responses", #"{"model":"test-model","input":"Hello","background":true}"#)
            let run = try #require(made.json["id"]?.string.flatMap(ResponsesShape.run))
            let path = "/v1/responses/\(ResponsesShape.id(run))"
            let fixture = ask.engine.fixture
            try await eventually("it has said something") { try await fixture.log.readAll(run).text.contains("three") }
            let shown = try await ask(.get, path)
            #expect(shown.json[path: "status"] == "in_progress")
            #expect(shown.json[path: "output.0.content.0.text"].string?.hasPrefix("one ") == true)

            _ = try await fixture.runLog.send(RedisCommand("XTRIM", .string(fixture.log.keys(run).log), "MAXLEN", .integer(1)))
            try await withThrowingTaskGroup(of: RunRoutesTests.Answer.self) { group in
                group.addTask { try await ask(.get, path + "?stream=true") }
                try await eventually("the client listens") { (ask.engine.inference.hub as? RunEventHub)?.statistics.listeners == 1 }
                let trimmed = try await ask(.get, path)
                #expect(trimmed.json[path: "status"] == "in_progress")
                #expect(trimmed.json[path: "error"] == .null)
                #expect(trimmed.json[path: "model"] == "test-model")
                #expect(trimmed.json[path: "output"] == [])
                permits.give()
                let frames = read(try #require(try await group.next()))
                #expect(frames.map { $0.data[path: "sequence_number"].number } == frames.indices.map { Int64($0) })
                #expect(frames.last?.type == "response.completed")
                #expect(frames.last?.data[path: "response.output.0.content.0.text"] == "one two three four")
            }
            let whole = try await ask(.get, path)
            #expect(whole.json[path: "status"] == "completed")
            #expect(whole.json[path: "output.0.content.0.text"] == "one two three four")
        }
    }

    @Test("Of a run that has begun while its log is away: in progress")
    func lostLog() async throws {
        let permits = Permits()
        let provider = PlayedProvider { _, receive in
            try await receive(.text("a"))
            try await permits.take()
            try await receive(.stopped)
        }
        try await RunRoutesTests.withRoutes([provider]) { ask in
            let made = try await ask(.post, "/v1/responses", #"{"model":"test-model","input":"Hello","background":true}"#)
            let run = try #require(made.json["id"]?.string.flatMap(ResponsesShape.run))
            let fixture = ask.engine.fixture
            try await eventually("it has said something") { try await !fixture.log.readAll(run).isEmpty }
            try await fixture.loseLog(of: run)
            #expect(try await ask(.get, "/v1/responses/\(run.lowercased)").json[path: "status"] == "in_progress")
            permits.give()
            _ = try await ask.engine.finished(run)
        }
    }

    @Test("A response is cancelled")
    func cancelling() async throws {
        let provider = PlayedProvider { _, receive in
            try await receive(.text("part"))
            try await Permits().take()
        }
        try await RunRoutesTests.withRoutes([provider]) { ask in
            let made = try await ask(.post, "/v1/responses", #"{"model":"test-model","input":"Hello","background":true}"#)
            let id = try #require(made.json["id"]?.string)
            let run = try #require(ResponsesShape.run(id))
            try await eventually("it streams") { try await !ask.engine.fixture.log.readAll(run).isEmpty }
            let cancelled = try await ask(.post, "/v1/responses/\(id)/cancel")
            #expect(cancelled.status == .ok)
            #expect(try await ask.engine.finished(run).state == .cancelled)
            #expect(try await ask(.get, "/v1/responses/\(id)").json[path: "status"] == "cancelled")
        }
    }

    @Test("Silence: the head is sent all the same, signs of life follow, and an end that was not announced is found")
    func silence() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let fixture = ask.engine.fixture
            let id = try await ask.started()
            try await withThrowingTaskGroup(of: RunRoutesTests.Answer.self) { group in
                group.addTask { try await ask(.get, "/v1/responses/\(id.lowercased)?stream=true") }
                try await eventually("the client listens") { (ask.engine.inference.hub as? RunEventHub)?.statistics.listeners == 1 }
                try await fixture.buryJob(of: id)
                let answer = try #require(try await group.next())
                #expect(answer.status == .ok)
                #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix(": heartbeat\n\n"))
                #expect(read(answer).map(\.type) == ["response.created", "response.in_progress", "response.failed"])
            }
            try await eventually("the place among the listeners is given up") {
                (ask.engine.inference.hub as? RunEventHub)?.statistics.listeners == 0
            }
        }
    }

    @Test("A client that leaves cancels its run only if it said so", arguments: [true, false])
    func leaving(_ cancels: Bool) async throws {
        let permits = Permits()
        let provider = PlayedProvider.inTwoPieces(permits)
        try await RunRoutesTests.withRoutes([provider]) { ask in
            let headers: HTTPFields = cancels ? [.onDisconnect: "cancel"] : [:]
            let body = #"{"model":"test-model","stream":true,"messages":[{"role":"user","content":"x"}]}"#
            var run: UUID?
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await ask(.post, "/v1/chat/completions", body, headers: headers) }
                try? await eventually("the run has begun") {
                    let text = try await ask.engine.fixture.database.psql("select id from runs")
                    run = UUID(uuidString: text.trimmingCharacters(in: .whitespacesAndNewlines))
                    return run != nil
                }
                try? await eventually("the client listens and has something") {
                    guard let run else { return false }
                    return try await !ask.engine.fixture.log.readAll(run).isEmpty
                }
                group.cancelAll()
            }
            let id = try #require(run)
            // Without the wish nothing else would let the run go on.
            if !cancels { permits.give() }
            let finished = try await ask.engine.finished(id)
            #expect(finished.state == (cancels ? .cancelled : .completed))
            #expect(finished.text == (cancels ? "a" : "ab"))
        }
    }
}
