-- A workspace that is deleted takes what it published out of the directory at once, and brings it back when it is restored.

-- What a listing was before its workspace was deleted; null otherwise. A decision of an operator in between counts instead.
alter table published_agents
  add column withdrawn_status text check (withdrawn_status in ('active', 'deprecated', 'quarantined')),
  add column withdrawn_reason text check (length(withdrawn_reason) between 1 and 500);

create or replace function guard_listing() returns trigger
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  if old.status is distinct from new.status and current_user = 'mainstay_server'
    and (old.status in ('quarantined', 'removed') or new.status in ('quarantined', 'removed'))
    -- Its workspace is deleted, or restored: then it is again what it was.
    and not coalesce(old.withdrawn_status is null and new.withdrawn_status = old.status and new.status = 'removed', false)
    and not coalesce(new.withdrawn_status is null and new.status = old.withdrawn_status, false)
  then
    raise exception 'the status % of a listing is not its owner''s to change into %', old.status, new.status
      using errcode = '42501', hint = 'quarantined and removed are set and lifted by operators';
  end if;
  -- The release before this one publishes without a semantic version: then none is known, until the next publication.
  if old.digest <> new.digest and new.semantic_version is not distinct from old.semantic_version then
    new.semantic_version := null;
  end if;
  if (old.status, old.status_reason) is distinct from (new.status, new.status_reason)
    and new.withdrawn_status is not distinct from old.withdrawn_status
  then
    new.withdrawn_status := null;
    new.withdrawn_reason := null;
  end if;
  return new;
end
$$;

-- As whoever deletes: the rows are those of a workspace that it may change.
create function withdraw_listings() returns trigger
  language plpgsql
  set search_path = pg_catalog, public, pg_temp as $$
begin
  if new.deleted_at is not null then
    update public.published_agents set withdrawn_status = status, withdrawn_reason = status_reason, status = 'removed',
      status_reason = 'Its owner has deleted the workspace.', status_changed_at = public.mainstay_now()
    where workspace_id = new.id and status <> 'removed';
  else
    update public.published_agents set status = withdrawn_status, status_reason = withdrawn_reason, status_changed_at = public.mainstay_now(),
      withdrawn_status = null, withdrawn_reason = null
    where workspace_id = new.id and withdrawn_status is not null;
  end if;
  return null;
end
$$;
create trigger workspaces_listings after update of deleted_at on workspaces
  for each row when ((old.deleted_at is null) <> (new.deleted_at is null)) execute function withdraw_listings();

-- Of workspaces that were deleted before.
alter table workspaces no force row level security;
alter table published_agents no force row level security;
update published_agents p set withdrawn_status = p.status, withdrawn_reason = p.status_reason, status = 'removed',
    status_reason = 'Its owner has deleted the workspace.', status_changed_at = mainstay_now()
  from workspaces w where w.id = p.workspace_id and w.deleted_at is not null and p.status <> 'removed';
alter table published_agents force row level security;
alter table workspaces force row level security;
