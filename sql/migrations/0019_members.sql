-- Who is in a workspace and as what, how one comes in, and how a workspace ends: deleted, for a while to be restored, then purged.

-- Roles, from the most to the least. Which scopes each may hold at the most is the program's to say, for scopes change with it.
alter table members drop constraint members_role_check;
alter table members add constraint members_role check (role in ('owner', 'maintainer', 'member', 'viewer'));

-- A deleted workspace is there until purge_at, and lets nobody in but an owner who restores it. The default one stays, whatever happens.
alter table workspaces
  add column deleted_at timestamptz,
  add column purge_at timestamptz,
  add constraint workspaces_deleted check ((deleted_at is null) = (purge_at is null) and purge_at >= deleted_at),
  add constraint workspaces_default_stays check (deleted_at is null or id <> '00000000-0000-7000-8000-000000000001');
create index workspaces_due on workspaces (purge_at) where purge_at is not null;

-- An erased person's row stays, for rows of workspaces name its id; it says nothing any more.
alter table users add column erased_at timestamptz;

-- Purging

-- Workspaces whose time is up: the only ones of which the owner of the tables may delete a row.
create function workspaces_to_purge() returns uuid[]
  language sql stable
  set search_path = pg_catalog, public
  return (select array_agg(id) from public.workspaces where purge_at <= public.mainstay_now());

-- Lets the purge into a table. protect_tenant_table does it for all that go through it; whatever else has rows of a workspace that
-- must not outlive it calls this.
create procedure open_to_purge(target regclass)
  language plpgsql as $$
begin
  execute format(
    'create policy purge_select on %s for select to mainstay_owner using (workspace_id = any ((select workspaces_to_purge())::uuid[]))', target);
  execute format(
    'create policy purge_delete on %s for delete to mainstay_owner using (workspace_id = any ((select workspaces_to_purge())::uuid[]))', target);
end
$$;
revoke execute on function workspaces_to_purge() from public;
revoke execute on procedure open_to_purge(regclass) from public;

-- The tables that are there already.
do $$
declare
  found record;
begin
  for found in
    select c.oid::regclass as name
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  loop
    call open_to_purge(found.name);
  end loop;
end
$$;
-- (A row of its own table: asked directly, for a policy that asks its table goes round in a circle.)
create policy purge_delete on workspaces for delete to mainstay_owner using (purge_at <= mainstay_now());

-- As before, and every later tenant table is open to the purge by itself.
create or replace procedure protect_tenant_table(target regclass, tenant name default 'workspace_id')
  language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy server_select on %s for select to mainstay_server using (%I = any ((select mainstay_workspaces())::uuid[]))', target, tenant);
  execute format('create policy server_insert on %s for insert to mainstay_server with check (%I = any ((select mainstay_workspaces())::uuid[]))', target, tenant);
  execute format(
    'create policy server_update on %s for update to mainstay_server using (%I = any ((select mainstay_workspaces())::uuid[])) with check (%I = any ((select mainstay_workspaces())::uuid[]))',
    target, tenant, tenant);
  execute format('create policy server_delete on %s for delete to mainstay_server using (%I = any ((select mainstay_workspaces())::uuid[]))', target, tenant);
  execute format('create policy views_select on %s for select to mainstay_views using (true)', target);
  execute format('grant select, insert, update, delete on %s to mainstay_server', target);
  execute format('grant select on %s to mainstay_views', target);
  if tenant = 'workspace_id' then
    call open_to_purge(target);
  end if;
end
$$;

-- The tables that a purge empties, each after those that refer to it.
create function purge_order() returns setof regclass
  language plpgsql stable
  set search_path = pg_catalog, public as $$
declare
  remaining oid[] := array(select polrelid from pg_policy where polname = 'purge_delete' and polrelid <> 'public.workspaces'::regclass);
  free oid[];
begin
  while cardinality(remaining) > 0 loop
    free := array(
      select target from unnest(remaining) as target
      where not exists (
        select 1 from pg_constraint k
        where k.contype = 'f' and k.confrelid = target and k.conrelid <> target and k.conrelid = any (remaining))
      order by target);
    if cardinality(free) = 0 then
      raise exception 'these tables refer to each other in a circle: %', remaining::regclass[];
    end if;
    return query select unnest(free)::regclass;
    remaining := array(select target from unnest(remaining) as target where target <> all (free));
  end loop;
end
$$;
revoke execute on function purge_order() from public;

-- Deletes at most `most` rows of a workspace whose time is up, and the workspace itself after the last of them; returns how many
-- it deleted. (Of a table without an id, all of the workspace's at once: such tables are small.) Call it until it returns 0.
create function purge_workspace(workspace uuid, most bigint) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
declare
  place record;
  deleted bigint;
begin
  if most is null or most < 1 then
    raise exception 'at least one row is deleted at a time, not %', most;
  end if;
  -- Whoever has it is at the same work, or is restoring the workspace.
  if not pg_try_advisory_xact_lock(hashtext('mainstay.workspace'), hashtext(workspace::text)) then
    return 0;
  end if;
  if not exists (select 1 from public.workspaces where id = workspace and purge_at <= public.mainstay_now()) then
    return 0;
  end if;

  for place in
    select n.nspname, c.relname,
      exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'id' and not a.attisdropped) as has_id
    from public.purge_order() with ordinality as ordered (target, position)
    join pg_class c on c.oid = ordered.target
    join pg_namespace n on n.oid = c.relnamespace
    order by ordered.position
  loop
    if place.has_id then
      execute format(
        'delete from %1$I.%2$I where workspace_id = $1 and id = any (array(select id from %1$I.%2$I where workspace_id = $1 limit $2))',
        place.nspname, place.relname) using workspace, most;
    else
      execute format('delete from %I.%I where workspace_id = $1', place.nspname, place.relname) using workspace;
    end if;
    get diagnostics deleted = row_count;
    if deleted > 0 then
      return deleted;
    end if;
  end loop;

  delete from public.workspaces where id = workspace;
  get diagnostics deleted = row_count;
  return deleted;
end
$$;
revoke execute on function purge_workspace(uuid, bigint) from public;
grant execute on function purge_workspace(uuid, bigint) to mainstay_upkeep;

-- Invitations

-- A way into a workspace, in one role and for one person. Only a hash of its secret is here, and `prefix`, its first characters.
--
--   open ──▶ accepted    accepted_by came in; token_id is the token that the answer held
--     ├────▶ revoked     by a member, or because whoever invited may not any more
--     └────▶ expired     expires_at has passed
create table invitations (
  workspace_id uuid not null references workspaces (id),
  id uuid not null,
  role text not null check (role in ('owner', 'maintainer', 'member', 'viewer')),
  -- Whom it is for; null for whoever has it.
  email text check (length(email) between 3 and 320),
  prefix text not null,
  hash bytea not null check (length(hash) = 32),
  -- Null for one that was made on the command line.
  invited_by uuid references users (id),
  created_at timestamptz not null default mainstay_now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by uuid references users (id),
  token_id uuid,
  revoked_at timestamptz,
  primary key (workspace_id, id),
  check (num_nonnulls(accepted_at, accepted_by, token_id) in (0, 3)),
  check (accepted_at is null or revoked_at is null)
);
create unique index invitations_hash on invitations (hash);
create index invitations_open on invitations (workspace_id, invited_by) where accepted_at is null and revoked_at is null;
create index invitations_accepted on invitations (accepted_by) where accepted_by is not null;
create index invitations_email on invitations (lower(email)) where email is not null;
call protect_tenant_table('invitations');

-- As of tokens: hashes are compared by mainstay_auth and read by nobody else, and nothing is changed but what ends one.
revoke select, update, delete on invitations from mainstay_server;
revoke select on invitations from mainstay_views;
grant select (workspace_id, id, role, email, prefix, invited_by, created_at, expires_at, accepted_at, accepted_by, token_id, revoked_at)
  on invitations to mainstay_server;
grant select (workspace_id, id, role, invited_by, created_at, expires_at, accepted_at, accepted_by, revoked_at) on invitations to mainstay_views;
grant update (email, revoked_at) on invitations to mainstay_server;

-- Whoever accepts is known to no workspace yet: mainstay_auth does it. It accepts what is open and nothing else; and it lets in whom
-- the invitation that was accepted this minute names, in its role and with its token. So these rights add up to that one act.
create policy auth_select on invitations for select to mainstay_auth using (true);
create policy auth_accept on invitations for update to mainstay_auth
  using (accepted_at is null and revoked_at is null and expires_at > mainstay_now())
  with check (accepted_at is not null and revoked_at is null);
grant select, update (accepted_at, accepted_by, token_id) on invitations to mainstay_auth;
create policy auth_join on members for insert to mainstay_auth with check (
  exists (
    select 1 from invitations i
    where i.workspace_id = members.workspace_id and i.accepted_by = members.user_id and i.role = members.role
      and i.accepted_at > mainstay_now() - interval '1 minute'));
grant insert (workspace_id, user_id, role) on members to mainstay_auth;
create policy auth_welcome on tokens for insert to mainstay_auth with check (
  exists (
    select 1 from invitations i
    where i.workspace_id = tokens.workspace_id and i.token_id = tokens.id and i.accepted_by = tokens.user_id
      and i.accepted_at > mainstay_now() - interval '1 minute'));
grant insert on tokens to mainstay_auth;

-- Export

-- The tables of which a workspace may take its rows along: every one with rows of workspaces of which the asking role may read a
-- column, and the people that the workspace knows.
create function export_tables() returns setof text
  language sql stable
  set search_path = pg_catalog, public
  begin atomic
    select c.relname::text
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relrowsecurity
      and has_any_column_privilege(c.oid, 'select')
      and (c.relname in ('workspaces', 'users')
        or exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped))
    order by c.relname;
  end;

-- A page of the rows of a table that the first of this transaction's workspaces owns, as lines {"table":…,"row":{…}}, behind the row with the
-- key `after_key`. A key is a row's id, or null in a table without one, all of whose rows are one page. A page may be longer than
-- `most`, for rows of one id stay together.
--
-- Left out are columns that the asking role may not read, all bytes (they are hashes, digests, and forms of the engine's own), and
-- whatever is called as secrets are; `secret_places` only says where some were.
create function export_page(target text, after_key text, most bigint) returns table (key text, line text)
  language plpgsql stable
  set search_path = pg_catalog, public
  set timezone = 'UTC' as $$
declare
  place oid := (
    select c.oid from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relname = target and target in (select public.export_tables()));
  column_list text;
  key_type text;
  owned text := case target
    when 'users' then 'true'
    -- One workspace: for several the order by id would be no index's, and each page would sort all that is left.
    when 'workspaces' then 'id = ((select public.mainstay_workspaces())::uuid[])[1]'
    else 'workspace_id = ((select public.mainstay_workspaces())::uuid[])[1]'
  end;
begin
  if place is null then
    raise exception '% is no table of workspaces', target;
  end if;
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
    max(case when a.attname = 'id' then format_type(a.atttypid, a.atttypmod) end)
  into column_list, key_type
  from pg_attribute a
  where a.attrelid = place and a.attnum > 0 and not a.attisdropped
    and has_column_privilege(a.attrelid, a.attnum, 'select') and a.atttypid <> 'bytea'::regtype
    and (a.attname = 'secret_places'
      or a.attname !~ '(^|_)(secrets?|hash|digest|passwords?|credentials?|signature|salt|keys?)(_|$)' and a.attname !~ '(^|_)token$');

  if key_type is null then
    if after_key is null then
      return query execute format(
        'select null::text, ''{"table":'' || to_json(%L::text) || '',"row":'' || to_jsonb(r) || ''}'' from (select %s from public.%I where %s) as r',
        target, column_list, target, owned);
    end if;
    return;
  end if;
  return query execute format(
    'select r.id::text, ''{"table":'' || to_json(%L::text) || '',"row":'' || to_jsonb(r) || ''}'' from ('
    'select %s from public.%I where %s and ($1 is null or id > $1::%s) order by id fetch first $2 rows with ties) as r order by r.id',
    target, column_list, target, owned, key_type) using after_key, most;
end
$$;
revoke execute on function export_tables(), export_page(text, text, bigint) from public;
grant execute on function export_tables(), export_page(text, text, bigint) to mainstay_server;
