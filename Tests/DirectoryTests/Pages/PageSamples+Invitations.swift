import Foundation
import Jobs
import Web

@testable import Directory
@testable import Workspaces

/// Pages about invitations.
extension PageSamples {
    private static let aTime = Date(timeIntervalSince1970: 1_780_000_000)
    private static let invitingWorkspace = Workspace(id: UUID(), slug: "acme", name: hostile, createdAt: aTime, deletedAt: nil, purgeAt: nil)

    private static func invitation(_ state: Invitation.State, email: String? = nil) -> Invitation {
        Invitation(
            id: UUID(), role: .viewer, email: email, prefix: "msi_abcd", invitedBy: nil, createdAt: aTime, expiresAt: aTime, acceptedAt: nil,
            acceptedBy: nil, revokedAt: nil, state: state)
    }

    static func invitations(found: Bool) -> InvitationsPage {
        InvitationsPage(
            invitations: found ? Invitation.State.allCases.map { invitation($0, email: $0 == .open ? hostile : nil) } : [],
            nextCursor: found ? "next" : nil, isFirst: true, roles: Member.Role.allCases,
            wish: InvitationsPage.Wish(role: "viewer", email: hostile, days: hostile), said: found ? hostile : nil, faults: [hostile])
    }

    static var invited: InvitedPage {
        InvitedPage(
            made: InvitationStore.Made(invitation: invitation(.open, email: hostile), secret: TokenSecret(.invitation)),
            acceptAddress: "https://a.example/invitation?\(hostile)")
    }

    static func offer(addressed: Bool) -> OfferPage {
        OfferPage(
            offer: InvitationStore.Offer(
                workspace: invitingWorkspace, role: .owner, email: addressed ? hostile : nil, inviter: addressed ? hostile : nil, expiresAt: aTime),
            wish: OfferPage.Wish(code: hostile, name: hostile, email: hostile, days: hostile), faults: [hostile])
    }

    static func joined(expires: Bool) -> JoinedPage {
        let member = Member(id: UUID(), user: User(id: UUID(), name: hostile, email: nil), role: .member, since: aTime)
        let token = Token(
            id: UUID(), workspace: invitingWorkspace.id, user: member.user.id, name: hostile, prefix: "mst_abcd", scopes: [], createdAt: aTime,
            expiresAt: expires ? aTime : nil, lastUsedAt: nil, revokedAt: nil, lockedUntil: nil, replacedBy: nil, state: .valid)
        return JoinedPage(acceptance: InvitationStore.Acceptance(workspace: invitingWorkspace, member: member, token: token, secret: TokenSecret()))
    }
}
