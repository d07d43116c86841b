import Foundation
import Testing

@testable import Directory
@testable import Workspaces

/// Who invites, and who was invited.
extension PagesFixture {
    /// A member of rival; returns the secret of a token that may what the role allows.
    func member(_ name: String, as role: Member.Role, email: String? = nil) async throws -> String {
        let user = try await workspaces.workspaces.createUser(name: name, email: email)
        try await workspaces.workspaces.add(user: user.id, to: directory.rival, role: role, by: .system("test"))
        let made = try await workspaces.tokens.create(
            workspace: directory.rival, user: user.id, name: name, scopes: role.scopes, by: .system("test"))
        return try #require(made.secret?.text)
    }

    /// An invitation into rival, of the command line.
    func invitation(as role: Member.Role = .viewer, email: String? = nil, days: Int = 7) async throws -> InvitationStore.Made {
        try await workspaces.invitations.create(
            workspace: directory.rival, role: role, email: email, days: days, inviter: nil, as: .owner, by: .system("test"))
    }

    var members: Int {
        get async throws { try await directory.count("select count(*) from members where workspace_id = '\(directory.rival)'") }
    }
}

extension PageBrowser {
    /// Sends the form that invites.
    func invite(_ role: String, email: String? = nil, days: String? = nil) async throws -> PageAnswer {
        try await act(
            "/workspace/invitations", from: "/workspace/invitations",
            [(name: "role", value: role), (name: "email", value: email), (name: "days", value: days)])
    }

    /// Pastes a code, and looks what it offers.
    func paste(_ code: String) async throws -> PageAnswer {
        try await act("/invitation", from: "/invitation", [(name: "code", value: code)])
    }

    /// Accepts by the form that the offer shows.
    func join(_ code: String, name: String? = "Guest", email: String? = nil, days: String? = nil) async throws -> PageAnswer {
        try await act(
            "/invitation/accept", from: "/invitation",
            [(name: "code", value: code), (name: "name", value: name), (name: "email", value: email), (name: "days", value: days)])
    }
}

extension PageAnswer {
    /// The first secret with this mark that the page shows.
    func secret(_ kind: TokenSecret.Kind) -> TokenSecret? {
        guard let start = text.range(of: kind.rawValue) else { return nil }
        return TokenSecret(String(text[start.lowerBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }), of: kind)
    }
}
