-- What is asked of running workers from outside. PostgreSQL is the truth and workers look here twice a second: no
-- announcement can be lost, and a Redis that is flushed forgets nothing of it.

-- Queues that nobody takes jobs from. Jobs are accepted all the same, and wait.
create table paused_queues (
  queue text primary key,
  reason text,
  paused_at timestamptz not null default mainstay_now()
);
grant select, insert, update, delete on paused_queues to mainstay_upkeep;

-- Jobs that somebody wants cancelled. The worker that has the job in its hands decides, in the transaction that would
-- have had the effect: so a job is either done or cancelled, and never both. The row stays for an hour after that, so that
-- a doubled entry of the job finds it as well; then housekeeping takes it away.
create table job_cancellations (
  workspace_id uuid not null,
  id uuid not null,
  requested_at timestamptz not null default mainstay_now(),
  primary key (workspace_id, id)
);
call protect_tenant_table('job_cancellations');
call open_to_upkeep('job_cancellations', 'select', 'delete');
create index job_cancellations_turns on job_cancellations (workspace_id, requested_at);

-- When a job may be begun; null for at once. A relay that appends it again puts it back to its time.
alter table acceptances add column not_before timestamptz;
