-- What the engine must not forget: workers, acceptances, outcomes, dead letters.

-- One row a worker process. A batch transaction locks its worker's row `for share` through worker_fence(), which
-- raises when the worker was declared dead: a worker that was stopped past its lease cannot commit when it wakes up.
create table workers (
  id uuid primary key,
  name text not null,
  host text not null,
  pid integer not null,
  queues text[] not null,
  version text not null,
  started_at timestamptz not null default clock_timestamp(),
  stopped_at timestamptz,
  dead_at timestamptz
);
create index workers_alive on workers (started_at) where stopped_at is null and dead_at is null;
grant select, insert, update on workers to mainstay_server;
grant select, insert, update, delete on workers to mainstay_upkeep;
grant select on workers to mainstay_views;

create function worker_fence(worker uuid) returns void
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  perform 1 from public.workers where id = worker and dead_at is null for share;
  if not found then
    raise exception 'worker % was declared dead', worker using errcode = 'MS001',
      hint = 'its jobs belong to another worker now; start it again under a new id';
  end if;
end
$$;

-- Cuts a table that is ranged by a UUIDv7 into days, from yesterday to `days` ahead. Retention drops whole days.
create function ensure_day_partitions(target regclass, days integer) returns integer
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
declare
  day date;
  part text;
  made integer := 0;
begin
  if target not in ('public.acceptances'::regclass, 'public.outcomes'::regclass, 'public.job_bodies'::regclass) then
    raise exception '% is not partitioned by day', target;
  end if;
  perform pg_advisory_xact_lock(hashtext('mainstay.ensure_day_partitions'));
  for day in select generate_series((public.mainstay_now() at time zone 'utc')::date - 1, (public.mainstay_now() at time zone 'utc')::date + days, interval '1 day') loop
    part := format('%s_%s', (select relname from pg_class where oid = target), to_char(day, 'YYYYMMDD'));
    if to_regclass('public.' || quote_ident(part)) is null then
      execute format(
        'create table public.%I partition of %s for values from (%L) to (%L)', part, target,
        public.uuid_v7_floor(day::timestamp at time zone 'utc'), public.uuid_v7_floor((day + 1)::timestamp at time zone 'utc'));
      made := made + 1;
    end if;
  end loop;
  return made;
end
$$;
revoke execute on function ensure_day_partitions(regclass, integer) from public;
grant execute on function ensure_day_partitions(regclass, integer) to mainstay_upkeep;

-- What a ledger kind's producer was promised. Written by group commit before the job is appended to its stream.
-- `append_group` names the commit that wrote the row: while its row stands in append_groups, the append is not yet
-- confirmed, and the relay looks after it.
create table acceptances (
  workspace_id uuid not null,
  id uuid not null,
  kind text not null,
  version smallint not null,
  queue text not null,
  partition smallint not null,
  append_group uuid not null,
  trace text,
  body bytea not null,
  accepted_at timestamptz not null,
  primary key (workspace_id, id)
) partition by range (id);
create index acceptances_group on acceptances (append_group);
create index acceptances_id on acceptances (id);
call protect_tenant_table('acceptances');
call open_to_upkeep('acceptances', 'select');

create table append_groups (
  id uuid primary key,
  created_at timestamptz not null default clock_timestamp()
);
-- The relay locks the groups that it works on, and locking needs the right to update.
grant select, insert, update, delete on append_groups to mainstay_server, mainstay_upkeep;

-- The identity that Redis had when it was last known to hold everything accepted (see Relay): a partition whose
-- Redis shows another one has lost entries, and they are appended again from acceptances.
create table partition_epochs (
  queue text not null,
  partition smallint not null,
  epoch uuid not null,
  since timestamptz not null default clock_timestamp(),
  primary key (queue, partition)
);
grant select, insert, update on partition_epochs to mainstay_upkeep;

-- An Idempotency-Key belongs to its workspace. Same key and digest: the same job. Other digest: refused.
create table idempotency_keys (
  workspace_id uuid not null,
  id text not null check (length(id) between 1 and 255),
  digest bytea not null,
  job_id uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id)
);
create index idempotency_keys_age on idempotency_keys (created_at);
call protect_tenant_table('idempotency_keys');
call open_to_upkeep('idempotency_keys', 'select', 'delete');

-- Bodies of stream kinds that are too large for their stream's entry; a ledger kind's body is in its acceptance.
create table job_bodies (
  workspace_id uuid not null,
  id uuid not null,
  body bytea not null,
  primary key (workspace_id, id)
) partition by range (id);
call protect_tenant_table('job_bodies');

-- Exactly one row for a finished job whose own table does not already hold one. Ranged by job id, for ranging by
-- time of finish could not keep one row per job.
create table outcomes (
  workspace_id uuid not null,
  id uuid not null,
  kind text not null,
  state text not null check (state in ('done', 'dead', 'cancelled')),
  generation smallint not null default 0,
  attempts smallint not null,
  error text,
  result jsonb,
  worker_id uuid,
  accepted_at timestamptz not null,
  finished_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id, generation)
) partition by range (id);
create index outcomes_id on outcomes (id);
call protect_tenant_table('outcomes');
call open_to_upkeep('outcomes', 'select', 'insert');

-- Days ahead, and one partition for what lies outside them, so that no clock can stop an insert.
create table acceptances_default partition of acceptances default;
create table outcomes_default partition of outcomes default;
create table job_bodies_default partition of job_bodies default;
select ensure_day_partitions('acceptances', 7), ensure_day_partitions('outcomes', 7), ensure_day_partitions('job_bodies', 7);

create table dead_letters (
  workspace_id uuid not null,
  id uuid not null,
  kind text not null,
  version smallint not null,
  queue text not null,
  attempts smallint not null,
  code text not null,
  error text not null,
  history jsonb not null default '[]',
  body bytea not null,
  trace text,
  accepted_at timestamptz not null,
  died_at timestamptz not null default clock_timestamp(),
  replayed_at timestamptz,
  discarded_at timestamptz,
  primary key (workspace_id, id)
);
create index dead_letters_recent on dead_letters (died_at desc);
call protect_tenant_table('dead_letters');
call open_to_upkeep('dead_letters', 'select', 'insert', 'update');

-- Every finished job, whichever table holds its outcome. A kind whose own row is its outcome joins this view in its
-- own migration, by `create or replace view finished_jobs` with one more branch, and opens the select of its table to
-- upkeep (`call open_to_upkeep(…, 'select')`): the relay asks this view what is still owed.
create view finished_jobs with (security_invoker = true) as
  select workspace_id, id, kind, state, generation, attempts, error, result, accepted_at, finished_at from outcomes;
grant select on finished_jobs to mainstay_server, mainstay_upkeep, mainstay_views;
