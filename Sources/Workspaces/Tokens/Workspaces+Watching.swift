package import Logging
package import Web

extension Workspaces {
    /// Ends what is open for whoever is good no longer, whichever kind of token it was opened with. A service, which leans on the pool.
    /// - Parameter oidc: where tokens of an issuer are taken too.
    package func identityWatch(beside oidc: OIDC?, logger: Logger) -> IdentityWatch {
        let (tokens, accounts) = (tokens, oidc?.identities)
        return IdentityWatch(logger: logger) { identities in
            // A token of ours does not say when it ends, and one of an issuer has to.
            let own = try await tokens.ended(among: identities.filter { $0.expires == nil })
            guard let accounts else { return own }
            return own.union(try await accounts.ended(among: identities.filter { $0.expires != nil }))
        }
    }
}
