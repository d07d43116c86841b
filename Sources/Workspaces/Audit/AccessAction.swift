/// What the access log tells of. The list is closed, and the database refuses another word; a new one is a case here and a
/// migration that replaces the constraint `access_log_action`.
///
/// | group | actions |
/// |---|---|
/// | tokens | made, revoked, rotated, locked, unlocked |
/// | members | joined, left, changed their role |
/// | invitations | made, revoked |
/// | accounts of the identity provider | linked to a user, and not any more |
/// | persons | exported, erased |
/// | workspaces | made, ownership moved, deleted, restored, exported |
/// | owners | verified by operators, and not any more |
/// | agents | published, taken back, renamed, deprecated by their owners and not any more, quarantined, released, a case about one decided otherwise |
/// | keys of providers | brought, replaced, removed; secrets sealed anew |
/// | tools | made, changed, their secrets rotated, removed |
/// | budgets | changed, removed |
/// | work | dead letters replayed and discarded, queues paused and resumed, limited and not any more, jobs cancelled by operators |
/// | plugins | their registry imported |
/// | access | looked suspicious |
package enum AccessAction: String, Sendable, Hashable, CaseIterable {
    case tokenMade = "token.made"
    case tokenRevoked = "token.revoked"
    case tokenRotated = "token.rotated"
    case tokenLocked = "token.locked"
    case tokenUnlocked = "token.unlocked"

    case memberJoined = "member.joined"
    case memberLeft = "member.left"
    case memberRoleChanged = "member.role_changed"

    case invitationMade = "invitation.made"
    case invitationRevoked = "invitation.revoked"

    case identityLinked = "identity.linked"
    case identityUnlinked = "identity.unlinked"

    case personExported = "person.exported"
    case personErased = "person.erased"

    case workspaceMade = "workspace.made"
    case workspaceOwnershipMoved = "workspace.ownership_moved"
    case workspaceDeleted = "workspace.deleted"
    case workspaceRestored = "workspace.restored"
    case workspaceExported = "workspace.exported"

    case ownerVerified = "owner.verified"
    case ownerUnverified = "owner.unverified"

    case agentPublished = "agent.published"
    case agentTakenBack = "agent.taken_back"
    case agentRenamed = "agent.renamed"
    case agentDeprecated = "agent.deprecated"
    case agentDeprecationEnded = "agent.deprecation_ended"
    case agentQuarantined = "agent.quarantined"
    case agentReleased = "agent.released"
    case agentCaseDecided = "agent.case_decided"

    case credentialMade = "credential.made"
    case credentialReplaced = "credential.replaced"
    case credentialRemoved = "credential.removed"
    case secretsResealed = "secrets.resealed"

    case toolMade = "tool.made"
    case toolChanged = "tool.changed"
    case toolRotated = "tool.rotated"
    case toolRemoved = "tool.removed"

    case budgetChanged = "budget.changed"
    case budgetRemoved = "budget.removed"

    case deadLetterReplayed = "dead_letter.replayed"
    case deadLetterDiscarded = "dead_letter.discarded"
    case queuePaused = "queue.paused"
    case queueResumed = "queue.resumed"
    case queueLimited = "queue.limited"
    case queueUnlimited = "queue.unlimited"
    case jobCancelled = "job.cancelled"

    case pluginsImported = "plugins.imported"

    case suspiciousAccess = "access.suspicious"
}
