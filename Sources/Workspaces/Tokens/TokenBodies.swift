import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// What `POST /v1/tokens` reads.
struct TokenRequest: Decodable {
    let name: String
    let scopes: [String]
    let expiresAt: Date?

    private enum CodingKeys: String, CodingKey {
        case name, scopes
        case expiresAt = "expires_at"
    }

    /// The scopes, once everything is in order.
    /// - Throws: a 422 problem with every fault.
    func validated(now: Date) throws -> Set<Scope> {
        var faults: [FieldFault] = []
        if !(1...200).contains(name.unicodeScalars.count) { faults.append(FieldFault(body: ["name"], "A name has 1 to 200 characters.")) }
        if scopes.isEmpty { faults.append(FieldFault(body: ["scopes"], "Name at least one scope.")) }
        var known: Set<Scope> = []
        for (index, text) in scopes.enumerated() {
            if let scope = Scope(rawValue: text) {
                known.insert(scope)
            } else {
                let list = Scope.allCases.map(\.rawValue).joined(separator: ", ")
                faults.append(FieldFault(body: ["scopes", "\(index)"], "This is no scope.", expected: list))
            }
        }
        if let expiresAt, expiresAt <= now { faults.append(FieldFault(body: ["expires_at"], "The time has passed already.")) }
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        return known
    }

    static let schema = JSONSchema.object(
        [
            "name": .string("For people.", minLength: 1, maxLength: 200),
            "scopes": .array(of: .string(oneOf: Scope.allCases.map(\.rawValue)), minItems: 1),
            "expires_at": .string("RFC 3339, UTC, before the year 10000.", format: "date-time"),
        ], optional: ["expires_at"])
}

/// A token as the API shows it.
struct TokenBody: Encodable, Sendable {
    /// What a page's cursor holds.
    let key: UUID
    let id: String
    let name: String
    let prefix: String
    let scopes: [String]
    let createdAt: Date
    let expiresAt: Date?
    let lastUsedAt: Date?
    let revokedAt: Date?
    let state: String
    /// While it is locked.
    let lockedUntil: Date?
    let replacedBy: String?
    /// The secret, in the answer that made it.
    let token: String?

    init(_ token: Token, secret: TokenSecret? = nil) {
        key = token.id
        id = token.id.lowercased
        name = token.name
        prefix = token.prefix
        scopes = token.scopes.sorted()
        createdAt = token.createdAt
        expiresAt = token.expiresAt
        lastUsedAt = token.lastUsedAt
        revokedAt = token.revokedAt
        state = token.state.rawValue
        lockedUntil = token.state == .locked ? token.lockedUntil : nil
        replacedBy = token.replacedBy?.lowercased
        self.token = secret?.text
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, prefix, scopes, state, token
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
        case revokedAt = "revoked_at"
        case lockedUntil = "locked_until"
        case replacedBy = "replaced_by"
    }

    static let schema = JSONSchema.named(
        "Token",
        .object(
            [
                "id": .uuid, "name": .string(), "prefix": .string("The secret's first characters."), "scopes": .array(of: .string()),
                "created_at": .time, "expires_at": .time, "last_used_at": .time, "revoked_at": .time,
                "state": .string(oneOf: Token.State.allCases.map(\.rawValue)),
                "locked_until": .string("Until then it is refused, for its use looked suspicious. RFC 3339, UTC.", format: "date-time"),
                "replaced_by": .string("The token that was made in its place.", format: "uuid"),
                "token": .string("The secret, only in the answer that made it."),
            ], optional: ["expires_at", "last_used_at", "revoked_at", "locked_until", "replaced_by", "token"]))
}

/// The answer to whoever made or rotated a token.
struct MadeToken: ResponseGenerator {
    let made: TokenStore.Made

    init(_ made: TokenStore.Made) {
        self.made = made
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = try context.responseEncoder.encode(TokenBody(made.token, secret: made.secret), from: request, context: context)
        response.status = .created
        response.headers[.cacheControl] = "no-store"
        if made.secret == nil { response.headers[.idempotencyReplayed] = "true" }
        return response
    }
}

/// The answer to "who am I".
struct WorkspaceBody: ResponseEncodable {
    struct TokenPart: Encodable {
        let id: String
        let scopes: [String]
    }

    let id: String
    let slug: String
    let name: String
    let createdAt: Date
    let user: String?
    let token: TokenPart

    init(_ workspace: Workspace, identity: Identity) {
        id = workspace.id.lowercased
        slug = workspace.slug
        name = workspace.name
        createdAt = workspace.createdAt
        user = identity.user?.lowercased
        token = TokenPart(id: identity.tokenID.lowercased, scopes: identity.scopes.sorted())
    }

    private enum CodingKeys: String, CodingKey {
        case id, slug, name, user, token
        case createdAt = "created_at"
    }

    static let schema = JSONSchema.named(
        "Workspace",
        .object(
            [
                "id": .uuid, "slug": .string("Its name in URLs."), "name": .string(), "created_at": .time, "user": .uuid,
                "token": .object(["id": .uuid, "scopes": .array(of: .string())]),
            ], optional: ["user"]))
}
