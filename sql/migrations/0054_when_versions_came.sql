-- The feed tells what was published, and no longer what changed for other reasons: a workspace that is restored brings its listings back,
-- and copies of the directory have to hear of it by updated_at, but nothing of them is new.

-- Since when its version is the one that is shown. Of what is there already the next file says it, while everybody reads and writes.
alter table published_agents add column released_at timestamptz;
alter table published_agents alter column released_at set default mainstay_now();
create policy owner_backfill on published_agents to mainstay_owner using (true) with check (true);

-- Here and not where it is published, for the release before this one knows of no such column.
create function note_new_version() returns trigger
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  new.released_at := public.mainstay_now();
  return new;
end
$$;
create trigger published_agents_released before update of semantic_version, digest on published_agents
  for each row when (old.digest <> new.digest or old.semantic_version is distinct from new.semantic_version)
  execute function note_new_version();
