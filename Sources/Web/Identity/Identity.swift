package import Foundation

/// Who asks: a token, the workspace that it belongs to, and what it may do.
package struct Identity: Sendable, Hashable {
    /// The workspace that every read and write of the request is confined to.
    package let workspace: UUID
    /// Its name in URLs.
    package let workspaceSlug: String
    /// The token that was shown.
    package let tokenID: UUID
    /// The user who made the token; nil for one made by the command line.
    package let user: UUID?
    /// Whose token it is, where that is an operator.
    package let `operator`: Operator?
    /// What the token allows.
    package let scopes: Set<String>
    /// When it ends by itself, for a token that says so; nil for one of ours, of which its row does.
    package let expires: Date?

    package init(
        workspace: UUID, workspaceSlug: String, tokenID: UUID, user: UUID?, operator holder: Operator? = nil, scopes: Set<String>,
        expires: Date? = nil
    ) {
        self.workspace = workspace
        self.workspaceSlug = workspaceSlug
        self.tokenID = tokenID
        self.user = user
        self.operator = holder
        self.scopes = scopes
        self.expires = expires
    }

    func hasExpired(at moment: Date) -> Bool { expires.map { $0 <= moment } ?? false }

    /// Throws a 403 problem when the token lacks the scope.
    package func require(_ scope: String) throws {
        guard scopes.contains(scope) else { throw Problem.missingScope(scope) }
    }
}
