-- What a producer is told of its job: how often it was tried, and that it has begun.

-- How often the job of this row was tried. Written with the row only where it was more than once.
alter table tickets add column attempts smallint not null default 1;
alter table build_profiles add column attempts smallint not null default 1;

create or replace view finished_jobs with (security_invoker = true) as
  select workspace_id, id, kind, state, generation, attempts, error, result, accepted_at, finished_at from outcomes
  union all
  select workspace_id, id, 'ticket.create', 'done', 0::smallint, attempts, null, null::jsonb, accepted_at, created_at from tickets
  union all
  select workspace_id, id, 'build-profile.store', 'done', 0::smallint, attempts, null, null::jsonb, accepted_at, created_at from build_profiles;

do $$
begin
  execute format('create or replace view reporting.jobs as select workspace_id, id, kind, state, generation, attempts, accepted_at, finished_at from (%s) as finished',
    rtrim(pg_get_viewdef('public.finished_jobs'::regclass), ';'));
end
$$;

-- Jobs that a worker has begun and nobody has ended, of kinds that write down that they begin. Most do not: a batch is
-- over within milliseconds, and one more write a job would cost as much as the job. A kind that has such a row joins
-- this view as others join finished_jobs. `attempts` are those that have ended.
create view running_jobs with (security_invoker = true) as
  select workspace_id, id, 'run.execute'::text as kind, least(attempts - 1, 32767)::smallint as attempts, accepted_at from runs where state = 'running';
grant select on running_jobs to mainstay_server;

-- A periodic task of inference looks for runs whose job is dead, over all workspaces, to write their end.
call open_to_upkeep('runs', 'select');
