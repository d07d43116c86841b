-- Days are made although the default partition holds rows of theirs, and what lies in a default goes in full when it is old. An installation
-- that was off for longer than its days were made ahead, or one ingress with a wrong clock, had ended both. Functions alone: the release
-- before this one calls them as ever.

-- Cuts a table that is ranged by a UUIDv7 into days, from yesterday to `days` ahead. Retention drops whole days.
--
-- PostgreSQL refuses a partition whose rows are in the default, so a day is made beside the table, takes its rows from the default and is
-- attached with them, in one transaction: nobody sees the table without them. The whole table is locked for that, and not the default alone.
-- An insert that had chosen the default before the day was there, and waited for the default only, would be refused as no row of it any more.
--
-- Everybody waits meanwhile, so a day of which the default holds more than `most` rows or `largest` bytes of bodies stays there, and the
-- other days are made all the same. To attach a day PostgreSQL reads the whole default: beyond `widest` bytes no day is made before rows went. Its rows are found as any others, and go by drop_day_partitions. To hold the table for one day at a time, call it a day at a time.
--
-- Every insert waits behind who waits for the table. So it waits three seconds and no longer; a later call finds the day still to be made.
create or replace function ensure_day_partitions(target regclass, days integer) returns integer
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp
  set lock_timeout = '3s' as $$
declare
  -- A second's work, or two.
  most constant integer := 100000;
  largest constant bigint := 64 * 1024 * 1024;
  widest constant bigint := 1024 * 1024 * 1024;
  name text := (select relname from pg_class where oid = target);
  day date;
  part text;
  low uuid;
  high uuid;
  held integer;
  bytes bigint;
  size text := case when target = 'public.outcomes'::regclass then '0' else 'octet_length(body)' end;
  made integer := 0;
begin
  if target not in ('public.acceptances'::regclass, 'public.outcomes'::regclass, 'public.job_bodies'::regclass) then
    raise exception '% is not partitioned by day', target;
  end if;
  for day in select generate_series((public.mainstay_now() at time zone 'utc')::date - 1, (public.mainstay_now() at time zone 'utc')::date + days, interval '1 day') loop
    part := format('%s_%s', name, to_char(day, 'YYYYMMDD'));
    continue when to_regclass('public.' || quote_ident(part)) is not null;
    -- Not before there is something to make: whoever looks through a day that is over has it for minutes.
    perform pg_advisory_xact_lock(hashtext('mainstay.ensure_day_partitions'));
    continue when to_regclass('public.' || quote_ident(part)) is not null;
    low := public.uuid_v7_floor(day::timestamp at time zone 'utc');
    high := public.uuid_v7_floor((day + 1)::timestamp at time zone 'utc');
    -- Before the lock, under which everybody waits. The size of a body is known without reading it.
    if pg_relation_size(format('public.%I', name || '_default')::regclass) > widest then
      raise notice 'no day of % is made, for its default partition is too large', name;
      return made;
    end if;
    execute format(
      'select count(*), coalesce(sum(held.size), 0) from (select %s as size from public.%I where id >= $1 and id < $2 limit $3) as held',
      size, name || '_default')
      into held, bytes using low, high, most + 1;
    continue when held > most or bytes > largest;

    -- In the order of those who read and write: the table before its parts.
    execute format('lock table only public.%I in access exclusive mode', name);
    execute format('create table public.%I (like public.%I including all)', part, name);
    execute format(
      'with moved as (delete from public.%I where id >= $1 and id < $2 returning *) insert into public.%I select * from moved',
      name || '_default', part) using low, high;
    execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)', name, part, low, high);
    made := made + 1;
  end loop;
  return made;
end
$$;

-- Drops a day of a table that ended at least `keep_days` days ago, or deletes rows so old that lie outside of the days; returns how many it
-- took away. That is one day at the most, so that the table's lock, which a drop holds until the commit, is never held while the next day is
-- looked through; or some thousand rows. Call it until it returns 0.
--
-- What is owed stays, however old it is: a day of acceptances is kept while one of its jobs has no outcome. And an
-- outcome stays as long as its job's acceptance is there, for without it the job would look owed and be done twice: so
-- acceptances go first, and outcomes follow by a call for their own table.
--
-- A drop needs a moment alone with the whole table, and every insert waits behind it. So it waits a second for that
-- and no longer; what could not be dropped, because somebody reads for longer, goes by a later call.
create or replace function drop_day_partitions(target regclass, keep_days integer) returns integer
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp
  set lock_timeout = '1s' as $$
declare
  part text;
  day date;
  look text;
  stays boolean;
  deleted integer;
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

  -- What lies outside of the days, because its day was gone or not yet made when it came, goes row by row. (And is looked
  -- up so, for which `exists` is no promise: finished_jobs shows all jobs that there ever were.) Before the days, which are looked through
  -- by each call: a default that holds millions takes many.
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
  get diagnostics deleted = row_count;
  if deleted > 0 then
    return deleted;
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
  return 0;
end
$$;
