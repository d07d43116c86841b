-- What the engine no longer needs goes: bodies of finished jobs, and days that are over.

-- A body that a stream carried by reference is for its handler alone. Housekeeping deletes it once its job has an
-- outcome.
call open_to_upkeep('job_bodies', 'select', 'delete');

-- Drops a day of a table that ended at least `keep_days` days ago; returns how many it dropped, one at the most, so
-- that the table's lock, which a drop holds until the commit, is never held while the next day is looked through.
-- Call it until it returns 0.
--
-- What is owed stays, however old it is: a day of acceptances is kept while one of its jobs has no outcome. And an
-- outcome stays as long as its job's acceptance is there, for without it the job would look owed and be done twice: so
-- acceptances go first, and outcomes follow by a call for their own table.
--
-- A drop needs a moment alone with the whole table, and every insert waits behind it. So it waits a second for that
-- and no longer; what could not be dropped, because somebody reads for longer, goes by a later call.
create function drop_day_partitions(target regclass, keep_days integer) returns integer
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp
  set lock_timeout = '1s' as $$
declare
  part text;
  day date;
  look text;
  stays boolean;
  -- No identifier is older than its epoch.
  ended timestamptz := greatest(public.mainstay_now() - keep_days * interval '24 hours', to_timestamp(0));
begin
  if target not in ('public.acceptances'::regclass, 'public.outcomes'::regclass, 'public.job_bodies'::regclass) then
    raise exception '% is not partitioned by day', target;
  end if;
  if keep_days is null or keep_days < 1 then
    raise exception 'at least one day is kept, not %', keep_days;
  end if;
  -- Whoever has it is at the same work.
  if not pg_try_advisory_xact_lock(hashtext('mainstay.ensure_day_partitions')) then
    return 0;
  end if;

  for part, day in
    select found.relname, found.day
    from (
      select c.relname, to_date(substring(c.relname from '_([0-9]{8})$'), 'YYYYMMDD') as day
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = target
    ) as found
    where (found.day + 1)::timestamp at time zone 'utc' <= ended
    order by found.day
  loop
    look := format(
      case target
        when 'public.acceptances'::regclass then
          -- The bounds leave one day of outcomes to look into.
          'select exists (select 1 from public.%1$I a where not exists (select 1 from public.finished_jobs f where f.workspace_id = a.workspace_id and f.id = a.id and f.id >= %3$L and f.id < %4$L))'
        when 'public.outcomes'::regclass then
          'select to_regclass(''public.acceptances_%2$s'') is not null or exists (select 1 from public.acceptances_default where id >= %3$L and id < %4$L)'
        else 'select false'
      end,
      part, to_char(day, 'YYYYMMDD'), public.uuid_v7_floor(day::timestamp at time zone 'utc'),
      public.uuid_v7_floor((day + 1)::timestamp at time zone 'utc'));
    execute look into stays;
    continue when stays;
    begin
      -- Again, with nobody adding to the day: a dead letter that is replayed is accepted under its old id.
      execute format('lock table public.%I in share mode', part);
      execute look into stays;
      if not stays then
        execute format('drop table public.%I', part);
        return 1;
      end if;
    exception when lock_not_available or deadlock_detected then
      return 0;
    end;
  end loop;

  -- What lies outside of the days, because its day was gone or not yet made when it came, goes row by row. (And is looked
  -- up so, for which `exists` is no promise: finished_jobs shows all jobs that there ever were.)
  if target = 'public.acceptances'::regclass then
    delete from public.acceptances_default where ctid in (
      select a.ctid from public.acceptances_default a
      where a.id < public.uuid_v7_floor(ended)
        and (select true from public.finished_jobs f where f.workspace_id = a.workspace_id and f.id = a.id limit 1)
      limit 10000);
  elsif target = 'public.outcomes'::regclass then
    delete from public.outcomes_default where ctid in (
      select o.ctid from public.outcomes_default o
      where o.id < public.uuid_v7_floor(ended)
        and (select true from public.acceptances a where a.workspace_id = o.workspace_id and a.id = o.id limit 1) is null
      limit 10000);
  else
    delete from public.job_bodies_default where ctid in (
      select b.ctid from public.job_bodies_default b where b.id < public.uuid_v7_floor(ended) limit 10000);
  end if;
  return 0;
end
$$;
revoke execute on function drop_day_partitions(regclass, integer) from public;
grant execute on function drop_day_partitions(regclass, integer) to mainstay_upkeep;
