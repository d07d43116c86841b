/// How often is too often, and what is done then.
package struct WatchRule: Sendable, Hashable {
    /// So many within the window raise the signal.
    package var threshold: Int
    package var window: Duration
    package var response: WatchResponse
    /// How long `slow` and `lock` last.
    package var period: Duration

    package init(threshold: Int, window: Duration, response: WatchResponse, period: Duration = .zero) {
        self.threshold = threshold
        self.window = window
        self.response = response
        self.period = period
    }
}

/// The rule of each signal. Without other words these are:
///
/// | signal | counted for | what counts | threshold | window | response | period |
/// |---|---|---|---|---|---|---|
/// | `id-walking` | a token | distinct ids answered 403 or 404 | 40 | 1 min | lock | 15 min |
/// | `foreign-workspaces` | a token, or an account of the identity provider | distinct other workspaces named in the path or in `X-Workspace`, answered 403 or 404 | 8 | 5 min | slow | 15 min |
/// | `bad-signatures` | a source, or the token that was shown | requests | 20 | 5 min | slow | 15 min |
/// | `refused-tokens` | a source | requests with a token that is expired, revoked or never was | 30 | 5 min | alert | – |
/// | `key-reuse` | a token | requests under an Idempotency-Key of another one | 10 | 10 min | alert | – |
/// | `fork-burst` | a token | forks that were accepted and are no repetition | 60 | 10 min | alert | – |
///
/// What somebody asks for on pages counts for the token that they signed in with.
///
/// Why these. Walking ids costs others their privacy, and no client in good order asks for forty things within a minute that are
/// not there. A misspelt workspace happens, eight do not. Wrong signatures and tokens come from forgotten clients more often than
/// from enemies, and behind one address there may be many people: so they are told of, and signatures are made dear. The last two
/// may be a defect or a large import.
///
/// A token with a scope of operators is never slowed or locked: who repairs the installation is not to be shut out of it by a
/// list of what is broken. It is told of all the same.
package struct WatchRules: Sendable, Hashable {
    package var idWalking = WatchRule(threshold: 40, window: .seconds(60), response: .lock, period: .seconds(900))
    package var foreignWorkspaces = WatchRule(threshold: 8, window: .seconds(300), response: .slow, period: .seconds(900))
    package var badSignatures = WatchRule(threshold: 20, window: .seconds(300), response: .slow, period: .seconds(900))
    package var refusedTokens = WatchRule(threshold: 30, window: .seconds(300), response: .alert)
    package var keyReuse = WatchRule(threshold: 10, window: .seconds(600), response: .alert)
    package var forkBurst = WatchRule(threshold: 60, window: .seconds(600), response: .alert)

    package init() {}

    subscript(signal: WatchSignal) -> WatchRule {
        switch signal {
        case .idWalking: idWalking
        case .foreignWorkspaces: foreignWorkspaces
        case .badSignatures: badSignatures
        case .refusedTokens: refusedTokens
        case .keyReuse: keyReuse
        case .forkBurst: forkBurst
        }
    }
}
