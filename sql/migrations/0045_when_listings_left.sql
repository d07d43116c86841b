-- Whoever keeps a copy of the directory learns what left it, and when. Names that are free and what operators took out have a time already;
-- what goes with its workspace, and comes back with it, had none.

-- Before the listings: whoever publishes reads them in this order.
alter table workspaces no force row level security;
alter table published_agents no force row level security;

create or replace function withdraw_listings() returns trigger
  language plpgsql
  set search_path = pg_catalog, public, pg_temp as $$
begin
  update public.published_agents set is_withdrawn = new.deleted_at is not null, updated_at = public.mainstay_now()
  where workspace_id = new.id and is_withdrawn <> (new.deleted_at is not null);
  return null;
end
$$;

-- Of workspaces that were deleted before.
update published_agents p set updated_at = w.deleted_at from workspaces w
where w.id = p.workspace_id and p.is_withdrawn and w.deleted_at > p.updated_at;

alter table published_agents force row level security;
alter table workspaces force row level security;
