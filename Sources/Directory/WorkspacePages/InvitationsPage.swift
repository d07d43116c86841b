import Foundation
import Jobs
import Web
import Workspaces

/// Whom the workspace has invited, and the form by which a visitor invites somebody.
struct InvitationsPage: Sendable {
    /// What was typed into the form.
    struct Wish: Sendable {
        var role = Member.Role.member.rawValue
        var email = ""
        var days = "\(Invitation.standardDays)"
    }

    /// Newest first.
    let invitations: [Invitation]
    /// Where older ones begin; nil on the last page.
    let nextCursor: String?
    let isFirst: Bool
    /// Those that the visitor may give.
    let roles: [Member.Role]
    var wish = Wish()
    var said: String?
    /// Why nobody was invited.
    var faults: [String] = []

    static let address = "/workspace/invitations"

    var values: PageValues {
        let next = nextCursor.map { PageAddress.query(Self.address, [(name: "cursor", value: $0)]) }
        let choices = roles.map { role -> PageValues in
            ["value": .text(role.rawValue), "explanation": .text(role.explanation), "isOn": .flag(role.rawValue == wish.role)]
        }
        return [
            "said": .maybe(said), "faults": .section(faults.map { fault -> PageValues in ["fault": .text(fault)] }), "invite": .flag(isFirst),
            "roles": .list(choices), "wantedEmail": .maybe(wish.email), "wantedDays": .maybe(wish.days),
            "daysBounds": .text("\(Invitation.days.lowerBound) to \(Invitation.days.upperBound)"),
            "invitations": .section(invitations.map(Self.invitation)), "next": .maybe(next),
        ]
    }

    private static func invitation(_ invitation: Invitation) -> PageValues {
        let revoke = invitation.state == .open ? PageAddress.path("workspace", "invitations", invitation.id.lowercased, "revoke") : nil
        let values: PageValues = [
            "holder": .text(invitation.email ?? "whoever has the code"), "role": .text(invitation.role.rawValue),
            "state": .text(invitation.state.words), "tone": .text(invitation.state == .open ? "good" : "plain"),
            "prefix": .text(invitation.prefix), "made": .moment(invitation.createdAt), "revokeAddress": .maybe(revoke),
        ]
        return values.merging(InvitationWords.expiry(invitation.expiresAt))
    }
}

/// An invitation that was just made, with its code: the one page that shows it.
struct InvitedPage: Sendable {
    let made: InvitationStore.Made
    /// Absolute, of the page on which it is accepted.
    let acceptAddress: String

    var values: PageValues {
        let invitation = made.invitation
        let values: PageValues = [
            "holder": .text(invitation.email ?? "the person whom you invite"), "code": .text(made.secret.text),
            "acceptAddress": .text(acceptAddress), "role": .text(invitation.role.rawValue),
        ]
        return values.merging(InvitationWords.expiry(invitation.expiresAt))
    }
}

/// What pages say of invitations.
enum InvitationWords {
    /// To the minute: one that is good for a day has no use for days alone.
    static func expiry(_ date: Date) -> PageValues {
        let exact = WireCoding.text(date)
        return ["expiresExact": .text(exact), "expires": .text("\(exact.prefix(16).replacing("T", with: " ")) UTC")]
    }
}

extension Invitation.State {
    fileprivate var words: String {
        switch self {
        case .open: "Open"
        case .accepted: "Accepted"
        case .revoked: "Ended"
        case .expired: "Expired"
        }
    }
}

extension Member.Role {
    /// What it is good for.
    var explanation: String {
        switch self {
        case .viewer: "reads"
        case .member: "works: writes tickets, agents, runs and profiles"
        case .maintainer: "works, looks after members below owner, and makes tokens"
        case .owner: "may do everything in the workspace"
        }
    }
}
