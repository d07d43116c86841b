import Foundation
import HTTPTypes
import Jobs
import TestSupport
import Testing
import Web

@testable import Inference

/// A socket is closed for many reasons: what that means to a run is what its client said before.
@Suite("A client that leaves a run's events", .timeLimit(.minutes(1))) struct RunLeavingTests {
    @Test("cancels the run only if its request said so", arguments: [DisconnectPolicy.cancel, .continue, nil])
    func leaving(_ policy: DisconnectPolicy?) async throws {
        let permits = Permits()
        let provider = PlayedProvider.inTwoPieces(permits)
        try await RunRoutesTests.withRoutes([provider]) { ask in
            let id = try await ask.started(#"{"messages":[{"role":"user","content":"x"}]}"#)
            let headers: HTTPFields = policy.map { [.onDisconnect: $0.rawValue] } ?? [:]
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await ask(.get, "/v1/runs/\(id.lowercased)/events", headers: headers) }
                try? await eventually("the client listens, and has something") {
                    guard (ask.engine.inference.hub as? RunEventHub)?.statistics.listeners == 1 else { return false }
                    return try await !ask.engine.fixture.log.readAll(id).isEmpty
                }
                group.cancelAll()
            }
            // Without the wish nothing else would let the run go on.
            if policy != .cancel { permits.give() }
            let run = try await ask.engine.finished(id)
            #expect(run.state == (policy == .cancel ? .cancelled : .completed))
            #expect(run.text == (policy == .cancel ? "a" : "ab"))
        }
    }

    @Test("asks for that in a word that is known, and with a token that may cancel")
    func asking() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let id = try await ask.started()
            let place = "/v1/runs/\(id.lowercased)/events"
            let unknown = try await ask(.get, place, headers: [.onDisconnect: "leave"])
            #expect(unknown.status == .badRequest)
            #expect(unknown.json["detail"]?.string == "The header `Mainstay-On-Disconnect` cannot be read. Send `cancel` or `continue`.")
            #expect(try await ask(.get, place, token: "reader", headers: [.onDisconnect: "cancel"]).status == .forbidden)
        }
    }
}
