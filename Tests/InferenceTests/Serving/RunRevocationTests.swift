import Foundation
import HTTPTypes
import Jobs
import Logging
import Synchronization
import TestSupport
import Testing
import Web

@testable import Inference

/// What a token had open when it was revoked. To the run it is a client that leaves.
@Suite("A token that is revoked while a run is followed", .timeLimit(.minutes(1))) struct RunRevocationTests {
    /// A watch to which every token is good until `revoke()`.
    private final class Tokens: Sendable {
        private let isRevoked = Mutex(false)

        func revoke() { isRevoked.withLock { $0 = true } }
        func watch() -> IdentityWatch {
            IdentityWatch(logger: Logger(label: "test.inference")) { identities in self.isRevoked.withLock { $0 } ? Set(identities) : [] }
        }
    }

    @Test("ends the stream without the run's end, and the run only if its request said so", arguments: [DisconnectPolicy.cancel, .continue])
    func stream(_ policy: DisconnectPolicy) async throws {
        let (permits, tokens) = (Permits(), Tokens())
        let watch = tokens.watch()
        let provider = PlayedProvider { _, receive in
            try await receive(.text("a"))
            try await permits.take()
            try await receive(.text("b"))
            try await receive(.stopped)
        }
        try await RunRoutesTests.withRoutes([provider], watch: watch) { ask in
            let id = try await ask.started(#"{"messages":[{"role":"user","content":"x"}]}"#)
            let isOver = Mutex(false)
            let stream = Task {
                defer { isOver.withLock { $0 = true } }
                return try await ask(.get, "/v1/runs/\(id.lowercased)/events", headers: [.onDisconnect: policy.rawValue])
            }
            try await eventually("the client listens, and has something") {
                guard watch.watched == 1 else { return false }
                return try await !ask.engine.fixture.log.readAll(id).isEmpty
            }
            await watch.look()
            #expect(watch.watched == 1)
            tokens.revoke()
            // Again and again, for the client may try again by itself.
            try await eventually("the stream's end") {
                await watch.look()
                return isOver.withLock { $0 }
            }
            await #expect(throws: (any Error).self, "it was cut, and not ended") { try await stream.value }
            // Without the wish nothing else would let the run go on.
            if policy == .continue { permits.give() }
            let run = try await ask.engine.finished(id)
            #expect(run.state == (policy == .cancel ? .cancelled : .completed))
        }
    }

    @Test("answers 401 to who waits for a whole answer, or for a stream's first words", arguments: [false, true])
    func waiting(_ streams: Bool) async throws {
        let (permits, tokens) = (Permits(), Tokens())
        let watch = tokens.watch()
        let wasAsked = Mutex(false)
        let wasCancelled = Mutex(false)
        let provider = PlayedProvider { _, receive in
            wasAsked.withLock { $0 = true }
            do {
                try await permits.take()
            } catch {
                wasCancelled.withLock { $0 = true }
                throw error
            }
            try await receive(.stopped)
        }
        try await RunRoutesTests.withRoutes([provider], silence: .seconds(20), watch: watch) { ask in
            let body = #"{"model":"test-model","messages":[{"role":"user","content":"x"}],"stream":\#(streams)}"#
            async let answer = ask(.post, "/v1/chat/completions", body, headers: [.onDisconnect: "cancel"])
            // Of a run that is cancelled before it begins no provider hears.
            try await eventually { watch.watched == 1 && wasAsked.withLock { $0 } }
            tokens.revoke()
            await watch.look()
            let refused = try await answer
            #expect(refused.status == .unauthorized && refused.json[path: "error.message"].string?.isEmpty == false)
            // Its request said that leaving cancels.
            try await eventually { wasCancelled.withLock { $0 } }
        }
    }
}
