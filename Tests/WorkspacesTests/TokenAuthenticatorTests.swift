import Foundation
import Logging
import Synchronization
import Testing
import Web

@testable import Workspaces

@Suite("Finding a token's owner", .timeLimit(.minutes(1)))
struct TokenAuthenticatorTests {
    /// A store that answers what it is told to and counts how often it is asked.
    final class Store: Sendable {
        private struct State {
            var verdict: TokenVerdict
            var count = 0
            var uses: [[TokenUse]] = []
            var gate: [CheckedContinuation<Void, Never>]?
        }
        private let state: Mutex<State>
        let identity: Identity

        init() {
            identity = Identity(workspace: UUID(), workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: ["jobs:read"])
            state = Mutex(State(verdict: .valid(identity)))
        }

        var verdict: TokenVerdict {
            get { state.withLock { $0.verdict } }
            set { state.withLock { $0.verdict = newValue } }
        }
        var count: Int { state.withLock { $0.count } }
        var uses: [[TokenUse]] { state.withLock { $0.uses } }

        /// Look-ups wait until `open()`.
        func close() { state.withLock { $0.gate = [] } }
        func open() {
            let waiting = state.withLock { state in
                defer { state.gate = nil }
                return state.gate ?? []
            }
            for continuation in waiting { continuation.resume() }
        }

        func lookUp() async throws -> TokenVerdict {
            // The verdict is read before the wait, as a row is read before its answer has travelled.
            let verdict = state.withLock { state in
                state.count += 1
                return state.verdict
            }
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if state.gate == nil { return true }
                    state.gate?.append(continuation)
                    return false
                }
                if isOpen { continuation.resume() }
            }
            return verdict
        }

        func note(_ used: [TokenUse]) { state.withLock { $0.uses.append(used) } }
    }

    private let store = Store()
    private let clock = StillClock()
    private let secret = TokenSecret()

    private func authenticator(capacity: Int = 16) -> TokenAuthenticator<StillClock> {
        let store = store
        return TokenAuthenticator(
            lookUp: { _ in try await store.lookUp() }, noteUse: { store.note($0) }, clock: clock, logger: Logger(label: "test.tokens"),
            capacity: capacity)
    }

    @Test(
        "a text that cannot be a token is refused without a look-up", arguments: ["", "mst_x", "Bearer", "mst_" + String(repeating: "0", count: 36)])
    func offline(_ text: String) async throws {
        #expect(try await authenticator().identity(bearer: text) == nil)
        #expect(store.count == 0)
    }

    @Test("a verdict is believed for half a second and no longer")
    func lifetime() async throws {
        let authenticator = authenticator()
        #expect(try await authenticator.identity(bearer: secret.text) == store.identity)
        clock.advance(by: .milliseconds(499))
        #expect(try await authenticator.identity(bearer: secret.text) == store.identity)
        #expect(store.count == 1)
        clock.advance(by: .milliseconds(1))
        #expect(try await authenticator.identity(bearer: secret.text) == store.identity)
        #expect(store.count == 2)
    }

    @Test("a revocation holds within a second")
    func revocation() async throws {
        let authenticator = authenticator()
        #expect(try await authenticator.identity(bearer: secret.text) != nil)
        store.verdict = .invalid
        clock.advance(by: .milliseconds(999))
        #expect(try await authenticator.identity(bearer: secret.text) == nil)
    }

    @Test("an unknown token is remembered too, so that a stranger costs one look-up")
    func negative() async throws {
        store.verdict = .invalid
        let authenticator = authenticator()
        for _ in 0..<10 { #expect(try await authenticator.identity(bearer: secret.text) == nil) }
        #expect(store.count == 1)
    }

    @Test("an expired token is told so")
    func expired() async throws {
        store.verdict = .expired
        let authenticator = authenticator()
        let problem = await #expect(throws: Problem.self) { try await authenticator.identity(bearer: secret.text) }
        #expect(problem?.type == "urn:mainstay:problem:token-expired")
    }

    @Test("many who ask at once share one look-up")
    func singleFlight() async throws {
        store.close()
        let authenticator = authenticator()
        try await withThrowingTaskGroup(of: Identity?.self) { group in
            for _ in 0..<50 { group.addTask { [secret] in try await authenticator.identity(bearer: secret.text) } }
            // Whoever has not asked yet finds the verdict in the cache, which stands still with the clock.
            store.open()
            for try await identity in group { #expect(identity == store.identity) }
        }
        #expect(store.count == 1)
    }

    @Test("a look-up that has been under way for too long is not joined, and what it brings is not kept")
    func slow() async throws {
        let authenticator = authenticator()
        store.close()
        async let slow = authenticator.identity(bearer: secret.text)
        while store.count == 0 { await Task.yield() }
        store.verdict = .invalid
        clock.advance(by: .milliseconds(500))
        async let later = authenticator.identity(bearer: secret.text)
        while store.count == 1 { await Task.yield() }
        store.open()
        #expect(try await slow == store.identity)
        #expect(try await later == nil)
        #expect(try await authenticator.identity(bearer: secret.text) == nil)
    }

    @Test("one caller's leaving does not fail the others")
    func leaving() async throws {
        let authenticator = authenticator()
        store.close()
        let text = secret.text
        let first = Task { try await authenticator.identity(bearer: text) }
        while store.count == 0 { await Task.yield() }
        let second = Task { try await authenticator.identity(bearer: text) }
        first.cancel()
        store.open()
        #expect(try await second.value == store.identity)
    }

    @Test("uses are gathered and written once, whatever the number of requests")
    func uses() async throws {
        let authenticator = authenticator()
        for _ in 0..<100 { _ = try await authenticator.identity(bearer: secret.text) }
        await authenticator.flush()
        await authenticator.flush()
        #expect(store.uses == [[TokenUse(workspace: store.identity.workspace, token: store.identity.tokenID)]])
    }
}
