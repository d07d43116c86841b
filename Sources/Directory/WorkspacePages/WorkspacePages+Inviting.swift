import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// Whom a workspace invites. (Ending an invitation is with whatever else takes something away, in `WorkspacePages+Ending`.)
extension WorkspacePages {
    /// Invitations of a page.
    private static let listed = 50

    func invitations(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request, context) { visitor in
            try visitor.require(.membersAdmin)
            try workspaces.requireMultiUser()
            let query = try Query(request)
            var shown = try await invitations(before: try query["cursor"].map { try Cursor.decode($0, as: UUID.self) }, for: visitor)
            shown.said = PageNotice.words(of: query)
            return page(.invitations, "Invitations", for: visitor, shown.values)
        }
    }

    /// Makes an invitation and answers with its code. There is no page to lead to: the code is shown once.
    func invite(_ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context, needs: .membersAdmin) { visitor, form in
            let wish = InvitationsPage.Wish(role: form["role"] ?? "", email: form.trimmed("email"), days: form.trimmed("days"))
            do {
                let made = try await workspaces.invite(
                    role: wish.role, email: wish.email.isEmpty ? nil : wish.email, days: Self.days(wish.days), by: visitor.session)
                let invited = InvitedPage(made: made, acceptAddress: "\(site.base(for: request))/invitation")
                return page(.invited, "Invited", for: visitor, invited.values)
            } catch let problem as Problem where problem.status == .unprocessableContent {
                var shown = try await invitations(before: nil, for: visitor)
                shown.wish = wish
                shown.faults = problem.errors.map(\.detail)
                return page(.invitations, "Invitations", for: visitor, status: problem.status, shown.values)
            }
        }
    }

    private func invitations(before: UUID?, for visitor: SessionVisitor) async throws -> InvitationsPage {
        let found = try await workspaces.invitations.list(workspace: visitor.session.workspace, before: before, limit: Self.listed + 1)
        return InvitationsPage(
            invitations: Array(found.prefix(Self.listed)),
            nextCursor: found.count > Self.listed ? try found.dropLast().last.map { try Cursor.encode($0.id) } : nil,
            isFirst: before == nil, roles: visitor.givableRoles)
    }

    /// Days as somebody typed them: nil for none, and for what is no number one that no bounds allow.
    static func days(_ text: String) -> Int? { text.isEmpty ? nil : Int(text) ?? 0 }
}

extension Query {
    /// A field of a form without the white space around it, empty where it was not sent.
    func trimmed(_ name: String) -> String { (self[name] ?? "").trimmingCharacters(in: .whitespacesAndNewlines) }
}
