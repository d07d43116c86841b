-- The feed tells what was published, and no longer what changed for other reasons: a workspace that is restored brings its listings back,
-- and copies of the directory have to hear of it by updated_at, but nothing of them is new.

-- What is read here is read past its policies. Before the listings: whoever publishes writes them in this order.
alter table published_versions no force row level security;
alter table published_agents no force row level security;

-- Since when its version is the one that is shown.
alter table published_agents add column released_at timestamptz;
-- Where the version was shown before, it counts since the listing is there again; without a version, since the listing is there.
update published_agents p set released_at = greatest(
  p.published_at,
  (select v.published_at from published_versions v
  where v.workspace_id = p.workspace_id and v.agent_id = p.agent_id and v.version = p.semantic_version));
alter table published_agents
  alter column released_at set default mainstay_now(),
  alter column released_at set not null;

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

alter table published_agents force row level security;
alter table published_versions force row level security;
