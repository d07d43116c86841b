package import Foundation
import Workspaces

/// Finds the key that a workspace brought for a provider: a small cache, then one look-up for all who ask at once.
///
/// A key that was removed or replaced is used nowhere a second later, whichever process has it cached.
package final class CredentialResolver: Sendable {
    private struct Name: Hashable, Sendable {
        let workspace: UUID
        let provider: String
    }

    private let find: @Sendable (Name) async throws -> ProviderKey?
    private let forget: @Sendable (Name) -> Void

    convenience init(store: CredentialStore, keys: SealingKeys) {
        self.init(keys: keys, clock: ContinuousClock(), lookUp: { try await store.use($0, workspace: $1) })
    }

    init<C: Clock>(
        keys: SealingKeys, clock: C, lookUp: @escaping @Sendable (_ provider: String, _ workspace: UUID) async throws -> SealedSecret?
    ) where C.Duration == Duration {
        let found = LookUps<Name, ProviderKey?, C>(
            lookUp: { name in
                guard let sealed = try await lookUp(name.provider, name.workspace) else { return nil }
                let bytes = try keys.open(sealed, for: .credential(of: name.provider, name.workspace))
                guard let key = ProviderKey(String(decoding: bytes, as: UTF8.self)) else { throw SealFault.damaged }
                return key
            }, clock: clock)
        find = { try await found.answer(to: $0) }
        forget = { found.forget($0) }
    }

    /// The workspace's own key of a provider; nil when it brought none, and the installation's is to be used.
    ///
    /// - Throws: ``SealFault`` for a key that is there and does not open: the run fails, and is not answered on somebody else's account.
    ///   What the store throws; asking later may help.
    package func key(provider: String, workspace: UUID) async throws -> ProviderKey? {
        try await find(Name(workspace: workspace, provider: provider))
    }

    /// Forgets what is cached here, for whoever has just changed it.
    func changed(provider: String, workspace: UUID) {
        forget(Name(workspace: workspace, provider: provider))
    }
}
