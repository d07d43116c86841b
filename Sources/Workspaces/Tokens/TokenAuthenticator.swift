package import Logging
import ServiceLifecycle
package import Web

/// Finds a token's owner: checksum first, then what was found a moment ago, then one look-up for all who ask at once.
///
/// `run()` writes `last_used_at` in the background; authentication works without it.
package final class TokenAuthenticator<C: Clock>: Authenticator, Service, Sendable where C.Duration == Duration {
    /// By the token's hash.
    private let verdicts: LookUps<[UInt8], TokenVerdict, C>
    private let noteUse: @Sendable ([TokenUse]) async throws -> Void
    private let clock: C
    private let logger: Logger
    private let uses = TokenUses()

    /// - Parameters:
    ///   - lifetime: how long a verdict is believed: 0.5 s, so that a revocation holds within a second.
    ///   - capacity: verdicts that are kept.
    package convenience init(store: TokenStore, clock: C, logger: Logger, lifetime: Duration = .milliseconds(500), capacity: Int = 4096) {
        self.init(
            lookUp: { try await store.verdict(hash: $0) }, noteUse: { try await store.noteUse($0) }, clock: clock, logger: logger, lifetime: lifetime,
            capacity: capacity)
    }

    init(
        lookUp: @escaping @Sendable ([UInt8]) async throws -> TokenVerdict, noteUse: @escaping @Sendable ([TokenUse]) async throws -> Void, clock: C,
        logger: Logger, lifetime: Duration = .milliseconds(500), capacity: Int = 4096
    ) {
        verdicts = LookUps(lookUp: lookUp, clock: clock, lifetime: lifetime, capacity: capacity)
        self.noteUse = noteUse
        self.clock = clock
        self.logger = logger
    }

    package func identity(bearer: String) async throws -> Identity? {
        guard let secret = TokenSecret(bearer) else { return nil }
        switch try await verdicts.answer(to: secret.hash) {
        case .invalid: return nil
        case .expired: throw Problem.unauthorized(.expired)
        case .locked(let left): throw Problem.abnormalUsage(retryAfter: left)
        case .deleted: throw WorkspaceError(.workspaceDeleted, "the token's workspace was deleted; for a while an owner's token restores it")
        case .valid(let identity):
            uses.note(TokenUse(workspace: identity.workspace, token: identity.tokenID))
            return identity
        }
    }

    package func known(bearer: String) -> Identity? {
        guard let secret = TokenSecret(bearer), case .valid(let identity)? = verdicts.known(secret.hash) else { return nil }
        uses.note(TokenUse(workspace: identity.workspace, token: identity.tokenID))
        return identity
    }

    /// Who asks for what may be done in a deleted workspace too: its restoring, and nothing else. Otherwise as ``identity(bearer:)``.
    package func identityOfRestorer(bearer: String) async throws -> Identity? {
        guard let secret = TokenSecret(bearer) else { return nil }
        switch try await verdicts.answer(to: secret.hash) {
        case .invalid: return nil
        case .expired: throw Problem.unauthorized(.expired)
        case .locked(let left): throw Problem.abnormalUsage(retryAfter: left)
        case .valid(let identity), .deleted(let identity): return identity
        }
    }

    // MARK: Last use

    /// Writes twice a minute which tokens were used, and once more at the end.
    package func run() async throws {
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            // Either way of ending the wait is followed by the last write.
            try? await cancelWhenGracefulShutdown { try await self.clock.sleep(for: .seconds(30)) }
            await flush()
        }
    }

    func flush() async {
        let used = uses.take()
        guard !used.isEmpty else { return }
        do {
            try await noteUse(used)
        } catch {
            logger.warning("The last use of tokens was not written", metadata: ["tokens": .stringConvertible(used.count), "error": "\(error)"])
        }
    }
}

extension TokenAuthenticator where C == ContinuousClock {
    package convenience init(store: TokenStore, logger: Logger) {
        self.init(store: store, clock: ContinuousClock(), logger: logger)
    }
}
