-- Inference: runs, their steps, and the wish to cancel one.

-- A run's id is the id of its job; its outcome is the engine's. The row is inserted by the worker that begins the run
-- (a run that waits in its queue is known to the engine and to the run log only) and finished once.
--
--   (queued) ──▶ running ──▶ completed | incomplete | failed | cancelled
--
-- epoch counts the attempts that claimed the run. It is the first half of every event's id, and the last write names it:
-- an attempt that was overtaken can neither append to the log nor finish the row.
--
-- events is the log as it was streamed, one line '<id> <payload>' an event: what is replayed when the log in Redis is
-- gone. bytea, for the bytes are the contract, and no text type keeps an escaped NUL apart from none.
create table runs (
  workspace_id uuid not null,
  id uuid not null,
  state text not null default 'running' check (state in ('running', 'completed', 'incomplete', 'failed', 'cancelled')),
  epoch bigint not null default 1 check (epoch > 0),
  attempts bigint not null default 1,
  provider text not null,
  model text not null,
  agent_id uuid,
  agent text,
  metadata jsonb not null default '{}',
  trace text,
  accepted_at timestamptz not null,
  started_at timestamptz not null default mainstay_now(),
  first_event_at timestamptz,
  finished_at timestamptz,
  -- From acceptance to the model's first output, and from the call of the provider to it; by the worker's own clock.
  ttft_ms double precision check (ttft_ms >= 0),
  provider_ttft_ms double precision check (provider_ttft_ms >= 0),
  input_tokens bigint,
  output_tokens bigint,
  total_tokens bigint,
  cached_input_tokens bigint,
  reasoning_output_tokens bigint,
  finish text,
  finish_raw text,
  incomplete_reason text,
  error_kind text,
  error_message text,
  error_retryable boolean,
  text text not null default '',
  refusal text not null default '',
  events bytea,
  primary key (workspace_id, id),
  constraint runs_finished check ((state = 'running') = (finished_at is null)),
  constraint runs_incomplete check ((state = 'incomplete') = (incomplete_reason is not null)),
  constraint runs_failed check ((state = 'failed') = (error_kind is not null))
);
-- Half of a run's bytes are its events; they are read by id and never searched.
alter table runs alter column events set storage extended;
create index runs_recent on runs (workspace_id, accepted_at desc);
call protect_tenant_table('runs');

-- One call of a model within a run.
create table run_steps (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  run_id uuid not null,
  step bigint not null check (step > 0),
  state text not null check (state in ('completed', 'incomplete', 'failed', 'cancelled')),
  provider text not null,
  model text not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  ttft_ms double precision check (ttft_ms >= 0),
  input_tokens bigint,
  output_tokens bigint,
  reasoning_output_tokens bigint,
  finish text,
  finish_raw text,
  missing_done boolean not null default false,
  primary key (workspace_id, id),
  unique (workspace_id, run_id, step),
  foreign key (workspace_id, run_id) references runs (workspace_id, id)
);
call protect_tenant_table('run_steps');

-- Someone asked for the end of a run. A row of its own, because a run can be cancelled before it has begun: the worker
-- that begins it looks here in the statement that inserts the run.
create table run_cancellations (
  workspace_id uuid not null,
  id uuid not null,
  requested_by uuid,
  requested_at timestamptz not null default mainstay_now(),
  primary key (workspace_id, id)
);
call protect_tenant_table('run_cancellations');
