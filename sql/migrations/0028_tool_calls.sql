-- Runs of several steps: calls whose results the client posts, and which models were asked in vain before one answered.

-- A call that a run waits for. The worker inserts it with the end of its step; the client's result is written once, and what is posted
-- again changes nothing.
--
--   waiting ──post──▶ posted
--      └─ (waits_until passes: the run ends as incomplete, and its rows stay as they are)
create table run_tool_calls (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  run_id uuid not null,
  step bigint not null check (step > 0),
  call bigint not null check (call >= 0),
  call_id text not null,
  tool text not null,
  waits_until timestamptz not null,
  output text,
  is_error boolean,
  posted_by uuid,
  posted_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, run_id, step, call),
  foreign key (workspace_id, run_id) references runs (workspace_id, id),
  constraint run_tool_calls_posted check (num_nonnulls(output, is_error, posted_at) in (0, 3))
);
call protect_tenant_table('run_tool_calls');

-- Models that were asked before the one that the step names, each with why it did not answer: [{"provider","model","error"}].
alter table run_steps add column tries jsonb not null default '[]';
