import Foundation
import HTTPTypes
import Jobs
import TestSupport
import Testing
import Web

@testable import Inference

@Suite("Results of tool calls over HTTP", .timeLimit(.minutes(1))) struct ToolResultRoutesTests {
    private static let run =
        #"{"messages":[{"role":"user","content":"Hi"}],"max_steps":3,"tools":[{"name":"weather"},{"name":"tide"}]}"#
    private static let calling = PlayedProvider.calling([[.played(0, "weather"), .played(1, "tide")]])

    /// A run that waits, and where its results are posted.
    private func waiting(_ ask: RunRoutesTests.Asker) async throws -> (run: UUID, path: String) {
        let id = try await ask.started(Self.run)
        try await eventually("it waits") { try await ask.engine.fixture.log.readAll(id).types.contains("run.paused") }
        return (id, "/v1/runs/\(id.lowercased)/tool-results")
    }

    @Test("They are kept, told to the worker at once, and the run goes on")
    func goesOn() async throws {
        try await RunRoutesTests.withRoutes([Self.calling]) { ask in
            let (id, path) = try await waiting(ask)
            let first = try await ask(.post, path, #"[{"id":"call_1","output":{"metres":2}}]"#)
            #expect(first.status == .accepted)
            #expect(first.json["answered"] == ["call_1"] && first.json["waiting"] == ["call_0"])
            let key: HTTPFields = [.idempotencyKey: "k-1"]
            let body = #"[{"id":"call_0","output":"rain","is_error":false}]"#
            let second = try await ask(.post, path, body, headers: key)
            #expect(second.status == .accepted && second.json["waiting"] == [])
            #expect(try await ask.engine.finished(id).text == #"rain | {"metres":2}"#)
            let again = try await ask(.post, path, body, headers: key)
            #expect(again.status == .accepted && again.headers[.idempotencyReplayed] == "true")
        }
    }

    @Test("What is wrong is named by its place, and then nothing is kept")
    func faults() async throws {
        try await RunRoutesTests.withRoutes([Self.calling]) { ask in
            let (id, path) = try await waiting(ask)
            let wrong = try await ask(.post, path, #"[{"id":"call_0","output":"rain"},{"id":"call_7","output":"x"}]"#)
            #expect(wrong.status == .unprocessableContent)
            #expect(wrong.pointers == ["#/1/id"])
            #expect(String(decoding: wrong.body, as: UTF8.self).contains("call_7"))
            let doubled = try await ask(.post, path, #"[{"id":"call_0","output":"a"},{"id":"call_0","output":"b"}]"#)
            #expect(doubled.pointers == ["#/1/id"])
            #expect(try await ask(.post, path, "[]").status == .unprocessableContent)
            #expect(try await ask(.post, path, #"[{"id":"call_0"}]"#).status == .unprocessableContent)
            #expect(try await ask(.post, path, #"[{"id":"call_0","output":"a"}]"#, token: "reader").status == .forbidden)
            let kept = try await ask.engine.fixture.post([], to: id)
            #expect(kept.calls == ["call_0", "call_1"] && kept.answered.isEmpty)
        }
    }

    @Test("Another workspace's run is as one that is not there; a run that is over takes none")
    func strangersAndLate() async throws {
        try await RunRoutesTests.withRoutes([Self.calling]) { ask in
            let (id, path) = try await waiting(ask)
            let body = #"[{"id":"call_0","output":"theirs"}]"#
            #expect(try await ask(.post, path, body, token: "theirs").status == .notFound)
            #expect(try await ask(.post, "/v1/runs/\(UUID().lowercased)/tool-results", body).status == .notFound)
            #expect(try await ask(.post, "/v1/runs/\(id.lowercased)/cancel", "{}").status == .accepted)
            _ = try await ask.engine.finished(id)
            #expect(try await ask(.post, path, body).status == .conflict)
        }
    }
}
