import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// What `POST /v1/workspace/invitations` reads.
struct InvitationRequest: Decodable {
    let role: String
    let email: String?
    let days: Int?

    struct Wish {
        let role: Member.Role
        let email: String?
        let days: Int
    }

    /// - Throws: a 422 problem with every fault.
    func validated() throws -> Wish {
        var faults: [FieldFault] = []
        let known = Member.Role(rawValue: role)
        if known == nil { faults.append(RoleRequest.fault) }
        if let email, !MailAddress.isOne(email) { faults.append(AcceptRequest.addressFault) }
        if let days, !Invitation.days.contains(days) {
            let bounds = "\(Invitation.days.lowerBound) to \(Invitation.days.upperBound)"
            faults.append(FieldFault(body: ["days"], "An invitation is good for \(bounds) days.", expected: bounds))
        }
        guard let known, faults.isEmpty else { throw Problem.invalid(faults) }
        return Wish(role: known, email: email, days: days ?? Invitation.standardDays)
    }

    static let schema = JSONSchema.object(
        [
            "role": .string("No higher than one's own.", oneOf: RoleRequest.words),
            "email": .string("Whom it is for: only this address may accept, and finds the user who has it.", minLength: 3, maxLength: 320),
            "days": .integer(
                "Until it expires; \(Invitation.standardDays) without it.", minimum: Int64(Invitation.days.lowerBound),
                maximum: Int64(Invitation.days.upperBound)),
        ], optional: ["email", "days"])
}

/// What `POST /v1/invitations/accept` reads.
struct AcceptRequest: Decodable {
    let token: String
    let name: String
    let email: String?
    /// Of the first token.
    let expiresAt: Date?

    private enum CodingKeys: String, CodingKey {
        case token, name, email
        case expiresAt = "expires_at"
    }

    /// The secret of the invitation.
    /// - Parameter more: what else is wrong with the wish.
    /// - Throws: a 422 problem with every fault; for what cannot be a secret the same 404 as for one that nobody has.
    func validated(now: Date, _ more: [FieldFault] = []) throws -> TokenSecret {
        var faults: [FieldFault] = []
        if !(1...200).contains(name.unicodeScalars.count) { faults.append(FieldFault(body: ["name"], "A name has 1 to 200 characters.")) }
        if let email, !MailAddress.isOne(email) { faults.append(Self.addressFault) }
        if let expiresAt, expiresAt <= now { faults.append(FieldFault(body: ["expires_at"], "The time has passed already.")) }
        faults += more
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        guard let secret = TokenSecret(token, of: .invitation) else { throw InvitationStore.isUnknown }
        return secret
    }

    static let addressFault = FieldFault(body: ["email"], "This is no address.", expected: "local@domain")
    static let schema = JSONSchema.object(
        [
            "token": .string("The invitation's secret, `msi_…`."), "name": .string("Yours, for people.", minLength: 1, maxLength: 200),
            "email": .string("Yours; of an invitation for an address that one, or left out.", minLength: 3, maxLength: 320),
            "expires_at": .string("When the first token expires; never without it. RFC 3339, UTC, before the year 10000.", format: "date-time"),
        ], optional: ["email", "expires_at"])
}

/// An invitation as the API shows it.
struct InvitationBody: Encodable, Sendable {
    /// What a page's cursor holds.
    let key: UUID
    let id: String
    let role: String
    let email: String?
    let prefix: String
    let state: String
    let invitedBy: String?
    let createdAt: Date
    let expiresAt: Date
    let acceptedAt: Date?
    let acceptedBy: String?
    let revokedAt: Date?
    /// The secret, in the answer that made it.
    let token: String?

    init(_ invitation: Invitation, secret: TokenSecret? = nil) {
        key = invitation.id
        id = invitation.id.lowercased
        role = invitation.role.rawValue
        email = invitation.email
        prefix = invitation.prefix
        state = invitation.state.rawValue
        invitedBy = invitation.invitedBy?.lowercased
        createdAt = invitation.createdAt
        expiresAt = invitation.expiresAt
        acceptedAt = invitation.acceptedAt
        acceptedBy = invitation.acceptedBy?.lowercased
        revokedAt = invitation.revokedAt
        token = secret?.text
    }

    private enum CodingKeys: String, CodingKey {
        case id, role, email, prefix, state, token
        case invitedBy = "invited_by"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case acceptedAt = "accepted_at"
        case acceptedBy = "accepted_by"
        case revokedAt = "revoked_at"
    }

    static let schema = JSONSchema.named(
        "Invitation",
        .object(
            [
                "id": .uuid, "role": .string(oneOf: RoleRequest.words), "email": .string("Whom it is for; absent for anybody."),
                "prefix": .string("The secret's first characters."), "state": .string(oneOf: Invitation.State.allCases.map(\.rawValue)),
                "invited_by": .string("A user; absent for one of the command line.", format: "uuid"), "created_at": .time, "expires_at": .time,
                "accepted_at": .time, "accepted_by": .uuid, "revoked_at": .time,
                "token": .string("The secret, only in the answer that made it."),
            ], optional: ["email", "invited_by", "accepted_at", "accepted_by", "revoked_at", "token"]))
}

/// The answer to whoever invited somebody, and to whoever was: a secret is in it, which no cache may keep.
struct SecretAnswer<Body: Encodable & Sendable>: ResponseGenerator, Sendable {
    let body: Body

    func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = try context.responseEncoder.encode(body, from: request, context: context)
        response.status = .created
        response.headers[.cacheControl] = "no-store"
        return response
    }
}

/// The answer to whoever came in.
struct AcceptanceBody: Encodable, Sendable {
    let workspace: WorkspaceStateBody
    let member: MemberBody
    let token: TokenBody

    init(_ acceptance: InvitationStore.Acceptance) {
        workspace = WorkspaceStateBody(acceptance.workspace)
        member = MemberBody(acceptance.member, showsAddress: true)
        token = TokenBody(acceptance.token, secret: acceptance.secret)
    }

    static let schema = JSONSchema.named(
        "Acceptance", .object(["workspace": WorkspaceStateBody.schema, "member": MemberBody.schema, "token": TokenBody.schema]))
}
