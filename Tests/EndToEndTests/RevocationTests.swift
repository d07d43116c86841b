import Foundation
import TestSupport
import Testing

/// The built program, between two of its processes: one revokes, and the other has something open.
@Suite(.timeLimit(.minutes(3))) struct RevocationTests {
    @Test("a token that is revoked loses the stream that it had open, and is refused when it comes back")
    func stream() async throws {
        // Nobody works on the run, so nothing else ends its stream.
        try await Deployment.with(workers: 0) { deployment in
            let accepted = try await deployment.call("POST", "/v1/runs", #"{"messages":[{"role":"user","content":"Hello there"}]}"#)
            let run = try #require(accepted.json["id"] as? String, "\(accepted.text)")
            let (openings, opening) = AsyncStream.makeStream(of: Void.self)
            let stream = Task {
                try await deployment.events(of: run) { _ in
                    opening.yield()
                    return true
                }
            }
            var opened = openings.makeAsyncIterator()
            _ = await opened.next()
            let token = try await deployment.psql("select id from tokens")
            let revoked = try await deployment.command("token", "revoke", token, "--yes")
            #expect(revoked.status == 0, "\(revoked.errors)")
            // Behind the commit, by what the command took to end. Three times what is promised, for a machine that is busy.
            let start = ContinuousClock.now
            await #expect(throws: (any Error).self, "it is cut, and does not end") { try await stream.value }
            #expect(ContinuousClock.now - start < .seconds(3))
            #expect(try await deployment.call("GET", "/v1/runs/\(run)").status == 401)
        }
    }
}
