-- Sessions of pages that were signed out, slugs that stay reserved, and a number that changes with the directory.

-- A session is in a cookie and signed; that it was signed out is here, so that a copy of the cookie is worth nothing. A row is of no use
-- once the session would have been over anyway, and goes with the next one of its workspace.
create table ended_sessions (
  workspace_id uuid not null references workspaces (id),
  -- The session's own number and beginning: the same in all cookies that it was renewed to.
  id uuid not null,
  ends_at timestamptz not null,
  primary key (workspace_id, id)
);
call protect_tenant_table('ended_sessions');
revoke update on ended_sessions from mainstay_server;

-- Slugs of workspaces that are gone. A slug is the owner in addresses of agents, so nobody gets it again; it outlives its workspace and
-- is no tenant's.
create table reserved_slugs (
  slug text primary key,
  freed_at timestamptz not null default mainstay_now()
);
alter table reserved_slugs enable row level security;
alter table reserved_slugs force row level security;
-- The two functions below write and read, as their owner, and nobody else does.
create policy owner_select on reserved_slugs for select to mainstay_owner using (true);
create policy owner_insert on reserved_slugs for insert to mainstay_owner with check (true);

create function reserve_freed_slug() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into public.reserved_slugs (slug) values (old.slug) on conflict do nothing;
  return null;
end
$$;
revoke execute on function reserve_freed_slug() from public;
create trigger workspaces_freed after delete on workspaces for each row execute function reserve_freed_slug();
create trigger workspaces_renamed after update on workspaces
  for each row when (old.slug <> new.slug) execute function reserve_freed_slug();

-- After the row is there, and not before: who waited for a purge to commit sees what it reserved. It answers as the unique index does.
create function refuse_reserved_slug() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  if exists (select 1 from public.reserved_slugs where slug = new.slug) then
    raise exception 'the slug % was another workspace''s', new.slug using errcode = '23505', constraint = 'workspaces_slug';
  end if;
  return null;
end
$$;
revoke execute on function refuse_reserved_slug() from public;
create trigger workspaces_slug_reserved after insert on workspaces for each row execute function refuse_reserved_slug();
create trigger workspaces_new_slug_reserved after update on workspaces
  for each row when (old.slug <> new.slug) execute function refuse_reserved_slug();

-- Of workspaces that were purged before, those that had an agent in public.
alter table workspaces no force row level security;
insert into reserved_slugs (slug)
  select distinct owner from reserved_names r where not exists (select 1 from workspaces w where w.slug = r.owner);
alter table workspaces force row level security;

-- Changes with every statement that writes listings, at once and not at its commit: what is kept by it is kept for some minutes only. A
-- sequence, for a row would make all who publish wait for each other.
create sequence directory_revision;
-- A sequence that nobody has asked yet has the same last value as one that was asked once.
do $$ begin perform nextval('directory_revision'); end $$;
grant select on sequence directory_revision to mainstay_server;
create function note_directory_change() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  perform nextval('public.directory_revision');
  return null;
end
$$;
revoke execute on function note_directory_change() from public;
create trigger published_agents_noted after insert or update or delete on published_agents
  for each statement execute function note_directory_change();
