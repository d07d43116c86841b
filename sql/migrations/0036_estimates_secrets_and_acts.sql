-- What is left of keys, budgets and tools: usage that is estimated, a tool's secret before this one, and the acts that the access log
-- tells of. The release before this one writes none of it, and reads the words of the log as they are.

-- Of a run, or a step of it, whose provider did not count to the end: its tokens are an estimate, or hold one.
alter table runs add column usage_estimated boolean not null default false;
alter table run_steps add column usage_estimated boolean not null default false;
-- Of the runs, those whose usage holds an estimate.
alter table run_usage add column estimated_runs bigint not null default 0 check (estimated_runs >= 0);

-- The secret before this one, sealed as this one is: until then, calls are signed with both.
alter table tools
  add column former_key_id text check (former_key_id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  add column former_sealed bytea check (length(former_sealed) between 28 and 16384),
  add column former_until timestamptz,
  add constraint tools_former check (
    (former_key_id is null) = (former_sealed is null) and (former_sealed is null) = (former_until is null));

alter table access_log
  drop constraint access_log_action,
  add constraint access_log_action check (action in (
    'token.made', 'token.revoked', 'token.rotated', 'token.locked', 'token.unlocked',
    'member.joined', 'member.left', 'member.role_changed',
    'workspace.made', 'workspace.ownership_moved', 'workspace.deleted', 'workspace.restored',
    'agent.published', 'agent.taken_back', 'agent.quarantined', 'agent.released', 'agent.case_decided',
    'credential.made', 'credential.replaced', 'credential.removed', 'secrets.resealed',
    'tool.made', 'tool.changed', 'tool.rotated', 'tool.removed',
    'budget.changed', 'budget.removed',
    'dead_letter.replayed', 'dead_letter.discarded', 'queue.paused', 'queue.resumed', 'queue.limited', 'queue.unlimited', 'job.cancelled',
    'plugins.imported',
    'access.suspicious'));
