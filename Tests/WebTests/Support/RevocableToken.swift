import Foundation
import Logging
import Synchronization
import Web

/// Knows the token `good` until it is revoked.
final class RevocableToken: Authenticator {
    struct Away: Error {}

    private struct State {
        var isRevoked = false
        var isAway = false
        var requests = 0
        var questions: [Int] = []
    }

    /// Whose it is.
    let holder: Identity
    private let state = Mutex(State())

    init(expires: Date? = nil) {
        holder = Identity(
            workspace: StubAuthenticator.workspace, workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: ["things:read", "things:write"],
            expires: expires)
    }

    /// How many requests asked whose the token is.
    var requests: Int { state.withLock { $0.requests } }
    /// How many identities each of the watch's questions was about.
    var questions: [Int] { state.withLock { $0.questions } }

    func revoke() { state.withLock { $0.isRevoked = true } }
    func leave() { state.withLock { $0.isAway = true } }

    func identity(bearer: String) async throws -> Identity? {
        state.withLock { state in
            state.requests += 1
            return bearer == "good" && !state.isRevoked ? holder : nil
        }
    }

    /// A watch that knows of the revocation.
    func watch(
        belief: Duration = .milliseconds(500), clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() }
    ) -> IdentityWatch {
        IdentityWatch(belief: belief, clock: clock, now: now, logger: Logger(label: "web.test")) { try self.ended(among: $0) }
    }

    private func ended(among identities: [Identity]) throws -> Set<Identity> {
        try state.withLock { state in
            state.questions.append(identities.count)
            if state.isAway { throw Away() }
            return state.isRevoked ? Set(identities.filter { $0 == holder }) : []
        }
    }
}
