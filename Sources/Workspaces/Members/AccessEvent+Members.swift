import Foundation
import Jobs

/// What the access log is told of members and workspaces. People are in it by their ids and never by a name or an address.
///
/// | event | details |
/// |---|---|
/// | `member.joined` | `role`; of an invitation that was accepted, `invitation`, and `invited_by`, who made it |
/// | `member.left` | `role` that it had; `erased` where the person was erased |
/// | `member.role_changed` | `from`, `to` |
/// | `workspace.made` | `slug`; `looks_like`, the slug that it could be taken for, where an operator allowed that |
/// | `workspace.ownership_moved` | `to`: the user who is the owner |
/// | `workspace.deleted` | `purge_days`: how long it can be restored |
extension AccessEvent {
    static func joined(
        _ user: UUID, as role: Member.Role, _ workspace: UUID, invitation: UUID? = nil, invitedBy: UUID? = nil, by actor: AccessActor
    ) -> AccessEvent {
        var details = ["role": role.rawValue]
        details["invitation"] = invitation?.lowercased
        details["invited_by"] = invitedBy?.lowercased
        return AccessEvent(.memberJoined, by: actor, in: workspace, on: .member(user), details: details)
    }

    static func left(_ user: UUID, role: String, _ workspace: UUID, isErased: Bool = false, by actor: AccessActor) -> AccessEvent {
        var details = ["role": role]
        if isErased { details["erased"] = "true" }
        return AccessEvent(.memberLeft, by: actor, in: workspace, on: .member(user), details: details)
    }

    static func roleChanged(
        of user: UUID, from former: Member.Role, to role: Member.Role, _ workspace: UUID, by actor: AccessActor
    ) -> AccessEvent {
        AccessEvent(
            .memberRoleChanged, by: actor, in: workspace, on: .member(user), details: ["from": former.rawValue, "to": role.rawValue])
    }

    static func made(_ workspace: UUID, slug: String, looksLike: String? = nil, by actor: AccessActor) -> AccessEvent {
        var details = ["slug": slug]
        details["looks_like"] = looksLike
        return AccessEvent(.workspaceMade, by: actor, in: workspace, on: .workspace(workspace), details: details)
    }

    static func ownershipMoved(of workspace: UUID, to user: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.workspaceOwnershipMoved, by: actor, in: workspace, on: .workspace(workspace), details: ["to": user.lowercased])
    }

    static func deleted(_ workspace: UUID, grace: DeletionGrace, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.workspaceDeleted, by: actor, in: workspace, on: .workspace(workspace), details: ["purge_days": "\(grace.days)"])
    }

    static func restored(_ workspace: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.workspaceRestored, by: actor, in: workspace, on: .workspace(workspace))
    }
}
