-- The fence of a batch whose jobs' own rows are their outcomes asks once where it asked twice: a statement within a function costs as much as
-- what it looks up, and a job that comes alone pays for each. The function alone: the release before this one calls it as ever.
--
-- Why that fences as before (0053, 0017). Both locks are taken before the question, in the order of whoever buries, and the question is a
-- statement of its own that begins after them: under `read committed` it sees what those have committed for whom the locks waited. Nobody
-- declares the worker dead, nor ends a job of the kind without doing it, until this transaction lets go of its locks, so it may ask once more to
-- tell one reason from the other.
create or replace function own_rows_fence(worker uuid, job_kind text, lowest uuid, highest uuid, jobs uuid[]) returns void
  language plpgsql as $$
begin
  -- In the order of whoever buries: its fence before the kind. The other way round the two would wait for each other behind somebody who
  -- declares the worker dead. (What is selected is computed from left to right.)
  perform pg_advisory_xact_lock_shared(hashtext('mainstay.worker'), uuid_hash(worker)),
    pg_advisory_xact_lock_shared(hashtext('mainstay.own_rows'), hashtext(job_kind));
  -- Almost always the worker lives and nothing lies between the two. Of another workspace nothing is seen.
  if exists (select 1 from public.workers where id = worker and dead_at is null)
    and not exists (select 1 from public.undone_jobs where id >= lowest and id <= highest)
  then
    return;
  end if;
  if not exists (select 1 from public.workers where id = worker and dead_at is null) then
    raise exception 'worker % was declared dead', worker using errcode = 'MS001',
      hint = 'its jobs belong to another worker now; start it again under a new id';
  end if;
  if exists (select 1 from public.undone_jobs where id = any (jobs)) then
    raise exception 'a job of kind % has ended without being done', job_kind using errcode = 'MS002',
      hint = 'another copy of it was faster: nothing is left to do';
  end if;
end
$$;
