/// Finds who a token belongs to.
package protocol Authenticator: Sendable {
    /// The token's owner, or nil when the token is not valid. May throw a problem (an expired token) or a store's error.
    func identity(bearer: String) async throws -> Identity?

    /// The token's owner where that is known this moment, without asking anybody; nil where it is not, or where there is more to say of
    /// the token than whose it is.
    func known(bearer: String) -> Identity?
}

extension Authenticator {
    package func known(bearer: String) -> Identity? { nil }
}
