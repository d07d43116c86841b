-- Listings of verified owners for who asks for them alone; and the acts by which operators verify one and take that back. Who reads goes on
-- meanwhile, and who publishes waits; in the order of those who publish, for they tell the log last. What stands in the log already keeps
-- to fewer words: the next file looks.

create index listing_index_verified on listing_index (listing_id) where is_verified;

-- The release before this one writes none of the new words, and reads the words of the log as they are.
alter table access_log
  drop constraint access_log_action,
  add constraint access_log_action check (action in (
    'token.made', 'token.revoked', 'token.rotated', 'token.locked', 'token.unlocked',
    'member.joined', 'member.left', 'member.role_changed',
    'invitation.made', 'invitation.revoked',
    'identity.linked', 'identity.unlinked',
    'person.exported', 'person.erased',
    'workspace.made', 'workspace.ownership_moved', 'workspace.deleted', 'workspace.restored', 'workspace.exported',
    'owner.verified', 'owner.unverified',
    'agent.published', 'agent.taken_back', 'agent.renamed', 'agent.deprecated', 'agent.deprecation_ended',
    'agent.quarantined', 'agent.released', 'agent.case_decided',
    'credential.made', 'credential.replaced', 'credential.removed', 'secrets.resealed',
    'tool.made', 'tool.changed', 'tool.rotated', 'tool.removed',
    'budget.changed', 'budget.removed',
    'dead_letter.replayed', 'dead_letter.discarded', 'queue.paused', 'queue.resumed', 'queue.limited', 'queue.unlimited', 'job.cancelled',
    'plugins.imported',
    'access.suspicious')) not valid;
