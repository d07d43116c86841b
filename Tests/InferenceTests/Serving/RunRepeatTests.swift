import Foundation
import HTTPTypes
import Jobs
import TestSupport
import Testing
import Web

@testable import Inference

@Suite("Requests about runs that are sent again", .timeLimit(.minutes(2))) struct RunRepeatTests {
    private static func wishes(_ ask: RunRoutesTests.Asker) async throws -> String {
        try await ask.engine.fixture.database.psql("select count(*) from run_cancellations").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("Cancelling honours its key, reads its body, and does nothing when that is bad")
    func cancelling() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let (id, other) = (try await ask.started(), try await ask.started())
            let path = "/v1/runs/\(id.lowercased)/cancel"
            for (body, status) in [(#"{"a":"#, HTTPResponse.Status.badRequest), ("[]", .unprocessableContent)] {
                #expect(try await ask(.post, path, body).status == status)
            }
            #expect(try await ask(.post, path, "{}", headers: [.idempotencyKey: "a b"]).status == .badRequest)
            #expect(try await Self.wishes(ask) == "0")

            let first = try await ask(.post, path, "{}", headers: [.idempotencyKey: "c-1"])
            #expect(first.status == .accepted && first.headers[.idempotencyReplayed] == nil)
            let again = try await ask(.post, path, "{}", headers: [.idempotencyKey: "c-1"])
            #expect(again.status == .accepted && again.headers[.idempotencyReplayed] == "true")
            #expect(again.json["cancel_requested"] == true)
            let otherPath = "/v1/runs/\(other.lowercased)/cancel"
            #expect(try await ask(.post, otherPath, "{}", headers: [.idempotencyKey: "c-1"]).status == .unprocessableContent)
            #expect(try await Self.wishes(ask) == "1")
        }
    }

    @Test("A key that cancelled a run that was over is used all the same")
    func over() async throws {
        try await RunRoutesTests.withRoutes { ask in
            let (id, other) = (try await ask.started(), try await ask.started())
            for run in [id, other] { _ = try await ask.engine.finished(run) }
            let headers: HTTPFields = [.idempotencyKey: "c-2"]
            #expect(try await ask(.post, "/v1/runs/\(id.lowercased)/cancel", headers: headers).status == .ok)
            #expect(try await ask(.post, "/v1/runs/\(other.lowercased)/cancel", headers: headers).status == .unprocessableContent)
            #expect(try await Self.wishes(ask) == "0")
        }
    }

    @Test("A job tells that its run has begun, and a repeated request that it is over")
    func states() async throws {
        let permits = Permits()
        let provider = PlayedProvider { _, receive in
            try await permits.take()
            try await receive(.text("done"))
            try await receive(.stopped)
        }
        try await RunRoutesTests.withRoutes([provider]) { ask in
            let body = #"{"messages":[{"role":"user","content":"x"}]}"#
            let headers: HTTPFields = [.idempotencyKey: "s-1"]
            let first = try await ask(.post, "/v1/runs", body, headers: headers)
            #expect(first.json["state"]?.string == "queued")
            let id = try #require(first.id)
            let (producer, workspace) = (ask.engine.producer, ask.engine.fixture.workspace)
            try await eventually("the run has begun") { try await producer.status(id, workspace: workspace)?.state == .running }
            #expect(try await producer.status(id, workspace: workspace)?.attempts == 0, "none has ended")
            #expect(try await ask(.post, "/v1/runs", body, headers: headers).json["state"]?.string == "running")
            permits.give()
            _ = try await ask.engine.finished(id)
            #expect(try await ask(.post, "/v1/runs", body, headers: headers).json["state"]?.string == "done")
        }
    }
}
