import Foundation
import Jobs

/// What the access log is told of persons as the installation knows them, of who may become a member, and of what is taken along. An
/// address is in none of it, nor what an account is called at its issuer.
///
/// | event | details |
/// |---|---|
/// | `invitation.made` | `role`; `days` until it expires; `addressed` where it is for one address alone |
/// | `invitation.revoked` | – |
/// | `identity.linked` | `user`: whose it is |
/// | `identity.unlinked` | `user`: whose it was |
/// | `person.exported` | – |
/// | `person.erased` | `workspaces_left`: how many |
/// | `workspace.exported` | – |
extension AccessEvent {
    static func invited(_ invitation: Invitation, days: Int, _ workspace: UUID, by actor: AccessActor) -> AccessEvent {
        var details = ["role": invitation.role.rawValue, "days": "\(days)"]
        if invitation.email != nil { details["addressed"] = "true" }
        return AccessEvent(.invitationMade, by: actor, in: workspace, on: .invitation(invitation.id), details: details)
    }

    static func revoked(invitation: UUID, _ workspace: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.invitationRevoked, by: actor, in: workspace, on: .invitation(invitation))
    }

    static func linked(_ identity: ExternalIdentity, to user: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.identityLinked, by: actor, in: nil, on: .identity(identity.id), details: ["user": user.lowercased])
    }

    static func unlinked(_ identity: ExternalIdentity, from user: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.identityUnlinked, by: actor, in: nil, on: .identity(identity.id), details: ["user": user.lowercased])
    }

    static func exported(person: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.personExported, by: actor, in: nil, on: .person(person))
    }

    static func erased(person: UUID, workspacesLeft: Int, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.personErased, by: actor, in: nil, on: .person(person), details: ["workspaces_left": "\(workspacesLeft)"])
    }

    static func exported(workspace: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.workspaceExported, by: actor, in: workspace, on: .workspace(workspace))
    }
}
