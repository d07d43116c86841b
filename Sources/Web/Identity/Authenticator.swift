/// Finds who a token belongs to.
package protocol Authenticator: Sendable {
    /// The token's owner, or nil when the token is not valid. May throw a problem (an expired token) or a store's error.
    func identity(bearer: String) async throws -> Identity?
}
