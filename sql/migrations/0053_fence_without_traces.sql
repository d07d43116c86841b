-- The fence of a worker is a lock that leaves nothing behind. A row lock is written into the row and the log with every batch, and into a
-- list beside it where two batches of a worker overlap; a shared advisory lock is a place in memory.
--
-- Why that fences as well. Whoever declares a worker dead takes the lock for himself (the trigger below), so he waits for the batches of
-- that worker that are under way, and holds it until his commit is visible. A batch that gets its lock after that looks at the row in a
-- statement of its own, which under `read committed` sees the commit; then it raises. Of two workers whose ids share a
-- hash, declaring one dead waits for the other's batches too. A batch of before this migration holds its worker's row, and the update waits for it as ever.

create or replace function worker_fence(worker uuid) returns void
  language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(hashtext('mainstay.worker'), uuid_hash(worker));
  if not exists (select 1 from public.workers where id = worker and dead_at is null) then
    raise exception 'worker % was declared dead', worker using errcode = 'MS001',
      hint = 'its jobs belong to another worker now; start it again under a new id';
  end if;
end
$$;

create function await_fenced_batches() returns trigger
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  perform pg_advisory_xact_lock(hashtext('mainstay.worker'), uuid_hash(new.id));
  return new;
end
$$;
create trigger workers_fenced before update of dead_at on workers
  for each row when (old.dead_at is null and new.dead_at is not null) execute function await_fenced_batches();
revoke execute on function await_fenced_batches() from public;

-- may_write_own_rows stays for workers of the release before this one.
--
-- Both questions of a batch whose jobs' own rows are their outcomes (see worker_fence and may_write_own_rows), in one call.
create function own_rows_fence(worker uuid, job_kind text, lowest uuid, highest uuid, jobs uuid[]) returns void
  language plpgsql as $$
begin
  -- In the order of whoever buries: its fence before the kind. The other way round the two would wait for each other behind somebody who
  -- declares the worker dead.
  perform pg_advisory_xact_lock_shared(hashtext('mainstay.worker'), uuid_hash(worker));
  perform pg_advisory_xact_lock_shared(hashtext('mainstay.own_rows'), hashtext(job_kind));
  if not exists (select 1 from public.workers where id = worker and dead_at is null) then
    raise exception 'worker % was declared dead', worker using errcode = 'MS001',
      hint = 'its jobs belong to another worker now; start it again under a new id';
  end if;
  if exists (select 1 from public.undone_jobs where id >= lowest and id <= highest)
    and exists (select 1 from public.undone_jobs where id = any (jobs))
  then
    raise exception 'a job of kind % has ended without being done', job_kind using errcode = 'MS002',
      hint = 'another copy of it was faster: nothing is left to do';
  end if;
end
$$;
revoke execute on function own_rows_fence(uuid, text, uuid, uuid, uuid[]) from public;
grant execute on function own_rows_fence(uuid, text, uuid, uuid, uuid[]) to mainstay_server;
