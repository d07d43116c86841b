-- Jobs that belong together, and the one that follows when all of them have ended.
--
-- A group counts down. Its members are rows that go when their jobs have ended (done, cancelled, or dead and discarded), in
-- the transaction that writes that end. Deleting the row is what counts, so nothing is counted twice, however often a job is
-- delivered. The transaction that takes the last one accepts the follow-up as well: it is there once, and only if that
-- transaction commits.

create table job_groups (
  workspace_id uuid not null,
  id uuid not null,
  total integer not null,
  remaining integer not null check (remaining between 0 and total),
  -- The follow-up, as it will stand in acceptances.
  then_id uuid not null,
  then_kind text not null,
  then_version smallint not null,
  then_queue text not null,
  then_partition smallint not null,
  then_route text,
  then_trace text,
  then_body bytea not null,
  created_at timestamptz not null default mainstay_now(),
  closed_at timestamptz,
  primary key (workspace_id, id),
  check ((remaining = 0) = (closed_at is not null))
);
create index job_groups_closed on job_groups (closed_at) where closed_at is not null;
call protect_tenant_table('job_groups');
-- Housekeeping takes closed groups away after their retention.
call open_to_upkeep('job_groups', 'select', 'delete');

-- A member has the id of its job. The members that are left are what holds a group open.
create table job_group_members (
  workspace_id uuid not null,
  id uuid not null,
  group_id uuid not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, group_id) references job_groups (workspace_id, id)
);
create index job_group_members_group on job_group_members (workspace_id, group_id);
call protect_tenant_table('job_group_members');
call open_to_upkeep('job_group_members', 'select');

-- These jobs have ended. Those that are members of a group are counted, and a group that has none left accepts its follow-up.
-- To be the last statement of the transaction that writes the ends, for it holds the groups until the commit.
--
-- Returns the acceptances that it wrote; their append_group is to be confirmed once they are in Redis.
create function end_group_members(workspaces uuid[], jobs uuid[]) returns setof acceptances
  language plpgsql
  set search_path = pg_catalog, public as $$
declare
  -- Version 7, as all groups are: the sweep goes through the ledger in the order of its groups.
  fresh_group uuid := (left(public.uuid_v7_floor(clock_timestamp())::text, 14) || '7' || right(gen_random_uuid()::text, 21))::uuid;
  groups integer;
begin
  -- The groups are taken in one order, so that two transactions that end members of the same ones wait for each other and do
  -- not deadlock; and before anything is counted, so that of the last two members, which end in two places at the same
  -- moment, the later one sees what the earlier one has counted.
  with theirs as materialized (
    select distinct m.workspace_id, m.group_id
    from unnest(workspaces, jobs) as ended (workspace_id, id)
    join public.job_group_members m on m.workspace_id = ended.workspace_id and m.id = ended.id
  )
  select count(*) into groups from (
    select 1 from public.job_groups g join theirs t on t.workspace_id = g.workspace_id and t.group_id = g.id
    order by g.workspace_id, g.id
    for update of g
  ) as taken;
  if groups = 0 then
    return;
  end if;

  return query
    with gone as (
      delete from public.job_group_members m
      using unnest(workspaces, jobs) as ended (workspace_id, id)
      where m.workspace_id = ended.workspace_id and m.id = ended.id
      returning m.workspace_id, m.group_id
    ), counted as (
      select workspace_id, group_id, count(*)::integer as members from gone group by workspace_id, group_id
    ), lowered as (
      update public.job_groups g
      set remaining = g.remaining - c.members, closed_at = case when g.remaining = c.members then public.mainstay_now() end
      from counted c
      where g.workspace_id = c.workspace_id and g.id = c.group_id
      returning g.*
    ), appending as (
      insert into public.append_groups (id) select fresh_group where exists (select 1 from lowered where remaining = 0) returning id
    )
    insert into public.acceptances as a (workspace_id, id, kind, version, queue, partition, route, append_group, trace, body, accepted_at)
    select l.workspace_id, l.then_id, l.then_kind, l.then_version, l.then_queue, l.then_partition, l.then_route, appending.id, l.then_trace,
      l.then_body, clock_timestamp()
    from lowered l cross join appending
    where l.remaining = 0
    on conflict (workspace_id, id) do update set append_group = excluded.append_group
    returning a.*;
end
$$;
revoke execute on function end_group_members(uuid[], uuid[]) from public;
grant execute on function end_group_members(uuid[], uuid[]) to mainstay_server;
