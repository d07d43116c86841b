package import Foundation
import Synchronization

/// Finds the key that a workspace brought for a provider: a small cache, then one look-up.
///
/// A key that was removed or replaced is used nowhere a second later, whichever process has it cached.
package final class CredentialResolver: Sendable {
    private struct Name: Hashable, Sendable {
        let workspace: UUID
        let provider: String
    }

    /// What there is to know: a key, or that there is none.
    private enum Answer: Sendable {
        case key(ProviderKey)
        case absent
    }

    private let lookUp: @Sendable (String, UUID) async throws -> SealedSecret?
    private let keys: SealingKeys
    private let now: @Sendable () -> ContinuousClock.Instant
    private let recent: Mutex<RecentAnswers<Name, Answer>>

    convenience init(store: CredentialStore, keys: SealingKeys) {
        self.init(keys: keys, lookUp: { try await store.use($0, workspace: $1) })
    }

    /// - Parameter lifetime: How long an answer is believed: 0.5 s, so that a removal holds within a second.
    init(
        keys: SealingKeys, lifetime: Duration = .milliseconds(500), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        lookUp: @escaping @Sendable (_ provider: String, _ workspace: UUID) async throws -> SealedSecret?
    ) {
        self.keys = keys
        self.now = now
        self.lookUp = lookUp
        recent = Mutex(RecentAnswers(lifetime: lifetime))
    }

    /// The workspace's own key of a provider; nil when it brought none, and the installation's is to be used.
    ///
    /// - Throws: ``SealFault`` for a key that is there and does not open: the run fails, and is not answered on somebody else's account.
    ///   What the store throws; asking later may help.
    package func key(provider: String, workspace: UUID) async throws -> ProviderKey? {
        let name = Name(workspace: workspace, provider: provider)
        let since = now()
        switch recent.withLock({ $0.find(name, now: since) }) {
        case .key(let key)?: return key
        case .absent?: return nil
        case nil: break
        }
        guard let sealed = try await lookUp(provider, workspace) else {
            recent.withLock { $0.keep(.absent, for: name, since: since, now: now()) }
            return nil
        }
        let bytes = try keys.open(sealed, for: .credential(of: provider, workspace))
        guard let key = ProviderKey(String(decoding: bytes, as: UTF8.self)) else { throw SealFault.damaged }
        recent.withLock { $0.keep(.key(key), for: name, since: since, now: now()) }
        return key
    }

    /// Forgets what is cached here, for whoever has just changed it.
    func changed(provider: String, workspace: UUID) {
        recent.withLock { $0.forget(Name(workspace: workspace, provider: provider)) }
    }
}
