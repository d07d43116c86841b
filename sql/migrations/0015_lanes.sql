-- Which way a job takes through its queue, and what bounds a workspace there.

-- The job's class and key, as the last word of its header tells them; null for the usual way. A relay or a replay that appends
-- the job again sends it the same way.
alter table acceptances add column route text;
alter table dead_letters add column route text;

-- How many jobs of a workspace may be in workers' hands in a queue, and how many may be begun a second, over the whole fleet. The
-- workspace of zeros stands for every one without a row of its own. PostgreSQL is the truth; workers carry it to Redis within a
-- second, where the scripts keep to it, and again after a Redis that was flushed. It is for operators: no tenant's role reads it.
create table job_limits (
  workspace_id uuid not null,
  queue text not null,
  running integer check (running > 0),
  per_second double precision check (per_second >= 0.001 and per_second <= 1000000),
  changed_at timestamptz not null default mainstay_now(),
  primary key (workspace_id, queue),
  check (running is not null or per_second is not null)
);
alter table job_limits enable row level security;
alter table job_limits force row level security;
call open_to_upkeep('job_limits', 'select', 'insert', 'update', 'delete');
