package import Web

/// Asks the one of two authenticators that a token is meant for, by its form: a JWT has two dots, and a token of ours has none. Neither
/// is asked about the other's, so what the one refuses the other cannot let in.
package struct EitherAuthenticator: Authenticator {
    private let own: any Authenticator
    private let external: any Authenticator

    /// - Parameters:
    ///   - own: for `mst_…`, and for whatever is no token at all.
    ///   - external: for JSON Web Tokens.
    package init(own: any Authenticator, external: any Authenticator) {
        self.own = own
        self.external = external
    }

    package func identity(bearer: String) async throws -> Identity? {
        try await (OIDCToken.hasForm(bearer) ? external : own).identity(bearer: bearer)
    }

    package func known(bearer: String) -> Identity? { OIDCToken.hasForm(bearer) ? external.known(bearer: bearer) : own.known(bearer: bearer) }
}
