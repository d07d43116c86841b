-- Build memory: what one command took of memory, and its largest processes.

-- A profile's id is the id of the job that stores it, so this row is that job's outcome. Bytes are bytes, times are
-- milliseconds since the command began. No foreign key to workspaces: the submission was checked against the caller's
-- token.
--
-- A censored profile is an observation of the kind "at least": the command was stopped before it could reach its own
-- peak. Reports count it apart and never average it.
--
-- What must be equal for two peaks to be one series stands in columns of its own: step, runner, cache_state.
create table build_profiles (
  workspace_id uuid not null,
  id uuid not null,
  accepted_at timestamptz not null,
  created_at timestamptz not null default mainstay_now(),
  started_at timestamptz not null,
  duration_ms bigint not null check (duration_ms >= 0),
  exit_code integer not null check (exit_code between 0 and 255),
  signal integer,
  censored text check (censored in ('oom_kill', 'signal')),
  command text not null,
  step text,
  labels jsonb not null default '{}',
  commit text,
  dirty boolean,
  tools jsonb not null default '{}',
  cache_state text check (cache_state in ('cold', 'warm')),
  runner text,
  os text,
  kernel text,
  architecture text,
  cores integer,
  memory_total bigint,
  memory_limit bigint,
  -- Of the whole tree: resident sets summed, and proportional sets summed at the largest moment they were read.
  peak_rss bigint not null check (peak_rss >= 0),
  peak_rss_at_ms bigint,
  peak_pss bigint check (peak_pss >= 0),
  peak_pss_at_ms bigint,
  rss_at_peak_pss bigint,
  -- Of one process: what tools that do not look at the tree report.
  largest_process_rss bigint,
  processes_at_peak integer,
  compile_jobs_at_peak integer,
  process_count integer,
  cpu_ms bigint,
  -- What the measuring itself cost.
  overhead_cpu_ms bigint,
  samples integer,
  pss_reads integer,
  sampling_budget double precision,
  -- Columns of equal length: at_ms, rss, processes, compile_jobs.
  timeline jsonb not null,
  version smallint not null,
  -- SHA-256 of the whole document in PostgreSQL's form of it: two profiles with one digest are one measurement.
  digest bytea not null,
  primary key (workspace_id, id)
);
create index build_profiles_step on build_profiles (workspace_id, step, started_at desc);
create index build_profiles_commit on build_profiles (workspace_id, commit) where commit is not null;
call protect_tenant_table('build_profiles');
call open_to_upkeep('build_profiles', 'select');

-- The largest processes of a profile, those that lived at the tree's peak first (ordinal 1 had the largest share).
create table build_steps (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  profile_id uuid not null,
  ordinal integer not null check (ordinal > 0),
  pid integer not null,
  ppid integer,
  command text not null,
  role text check (role in ('compile', 'link', 'other')),
  started_ms bigint,
  ended_ms bigint,
  peak_rss bigint not null check (peak_rss >= 0),
  peak_rss_at_ms bigint,
  rss_at_tree_peak bigint,
  pss_at_tree_peak bigint,
  cpu_ms bigint,
  primary key (workspace_id, id),
  unique (workspace_id, profile_id, ordinal),
  foreign key (workspace_id, profile_id) references build_profiles (workspace_id, id) on delete cascade
);
call protect_tenant_table('build_steps');

-- A profile's row is the outcome of build-profile.store.
create or replace view finished_jobs with (security_invoker = true) as
  select workspace_id, id, kind, state, generation, attempts, error, result, accepted_at, finished_at from outcomes
  union all
  select workspace_id, id, 'ticket.create', 'done', 0::smallint, 1::smallint, null, null::jsonb, accepted_at, created_at from tickets
  union all
  select workspace_id, id, 'build-profile.store', 'done', 0::smallint, 1::smallint, null, null::jsonb, accepted_at, created_at from build_profiles;
