-- What else the access log tells of: cases that were decided and neither shut nor opened an agent, jobs that operators cancelled, the
-- limits of queues, and imports of the plugin registry. The release before this one writes none of these and reads them as words.
alter table access_log
  drop constraint access_log_action,
  add constraint access_log_action check (action in (
    'token.made', 'token.revoked', 'token.rotated', 'token.locked', 'token.unlocked',
    'member.joined', 'member.left', 'member.role_changed',
    'workspace.made', 'workspace.ownership_moved', 'workspace.deleted', 'workspace.restored',
    'agent.published', 'agent.taken_back', 'agent.quarantined', 'agent.released', 'agent.case_decided',
    'dead_letter.replayed', 'dead_letter.discarded', 'queue.paused', 'queue.resumed', 'queue.limited', 'queue.unlimited', 'job.cancelled',
    'plugins.imported',
    'access.suspicious'));
