-- One outcome for a job, whichever table holds it; and whose turn it is to look for owed jobs that Redis has lost.

-- Jobs that came to an end without being done (dead or cancelled), of kinds whose own row is their outcome. `outcomes` says the
-- same, at the price of its days: this is what every batch of such a kind looks into. A replay takes its job out again.
create table undone_jobs (
  workspace_id uuid not null,
  id uuid not null,
  primary key (workspace_id, id)
);
create index undone_jobs_id on undone_jobs (id);
call protect_tenant_table('undone_jobs');
-- Housekeeping takes away what retention has dropped from outcomes.
call open_to_upkeep('undone_jobs', 'select', 'delete');

-- Two copies of one job may be in the hands of two workers, and both looked for an outcome and found none. Of most kinds the key of
-- `outcomes` refuses the second end. Of a kind whose own row is its outcome it cannot: one worker writes the row while the other
-- buries or cancels the job, and no key knows two tables. So each of the two asks under a lock of the kind, and holds it to its end:
--
--    done               shared lock ─▶ none of them in undone_jobs? ─▶ the rows                    ─▶ commit
--    dead, cancelled    exclusive lock ─▶ none of them finished?    ─▶ undone_jobs, outcomes       ─▶ commit
--
-- Why that is enough. Take a transaction that does and one that does not, of the same job. The locks exclude each other and are
-- let go only after a commit is visible, so one of the two gets its lock after the other has ended. Its question is a statement
-- of its own that begins after that, and under `read committed`, where each statement has its own snapshot, it sees whatever the other has
-- committed; then it raises. (Under a snapshot of the whole transaction it would not: the engine begins none of that kind.) Two
-- that do are told apart by the row's key, two that do not by that of `outcomes`; the shared lock keeps neither of the former waiting.
--
-- What it costs: a batch takes one lock that others share and looks once into the index of a small table. A burial waits for the
-- batches of its kind that are under way, and those that begin meanwhile wait for it, a commit long. No deadlock: both take the
-- lock before they write anything of the job.

-- To be called before the rows of a batch are written. `lowest` and `highest` are those of `jobs`.
create function may_write_own_rows(job_kind text, lowest uuid, highest uuid, jobs uuid[]) returns void
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  perform pg_advisory_xact_lock_shared(hashtext('mainstay.own_rows'), hashtext(job_kind));
  -- Almost always nothing lies between the two, and one look says so. Of another workspace nothing is seen.
  if exists (select 1 from public.undone_jobs where id >= lowest and id <= highest)
    and exists (select 1 from public.undone_jobs where id = any (jobs))
  then
    raise exception 'a job of kind % has ended without being done', job_kind using errcode = 'MS002',
      hint = 'another copy of it was faster: nothing is left to do';
  end if;
end
$$;

-- To be called before jobs of such a kind are written down as dead or cancelled.
create function end_undone(job_kind text, workspaces uuid[], jobs uuid[]) returns void
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  perform pg_advisory_xact_lock(hashtext('mainstay.own_rows'), hashtext(job_kind));
  -- One by one, for which `exists` is no promise: finished_jobs shows all jobs that there ever were.
  if exists (
    select 1 from unnest(workspaces, jobs) as given (workspace_id, id)
    where (select true from public.finished_jobs f where f.workspace_id = given.workspace_id and f.id = given.id limit 1))
  then
    raise exception 'a job of kind % has an outcome', job_kind using errcode = 'MS002',
      hint = 'another copy of it was faster: nothing is left to do';
  end if;
  insert into public.undone_jobs (workspace_id, id)
  select workspace_id, id from unnest(workspaces, jobs) as given (workspace_id, id)
  order by workspace_id, id
  on conflict (workspace_id, id) do nothing;
end
$$;
revoke execute on function may_write_own_rows(text, uuid, uuid, uuid[]), end_undone(text, uuid[], uuid[]) from public;
grant execute on function may_write_own_rows(text, uuid, uuid, uuid[]), end_undone(text, uuid[], uuid[]) to mainstay_server;

-- Where the sweep of the ledger stands (see Relay): one worker of the fleet at a time goes through the acceptances in the order of
-- their groups, which is that of their commits, and compares what has been owed for long with what Redis holds.
create table ledger_sweep (
  only_row boolean primary key default true check (only_row),
  -- Up to this group all were looked at.
  looked_to uuid not null default '00000000-0000-0000-0000-000000000000',
  -- When a passage is to begin at the beginning again, once this one has come to the end.
  passage_at timestamptz not null default clock_timestamp(),
  -- When somebody may take the turn, and who had it last.
  turn_at timestamptz not null default clock_timestamp(),
  owner uuid
);
insert into ledger_sweep default values;
grant select, update on ledger_sweep to mainstay_upkeep;
