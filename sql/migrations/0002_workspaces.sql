-- Who asks: users are members of workspaces; a token belongs to one workspace and says what may be done in it.

-- The tenant itself: its `id` is what other tables call `workspace_id`. The slug is public (an agent is `slug/name`),
-- so it is unique over all tenants. One label of a host name, without the double hyphens of encoded names; words that
-- the program keeps for itself are refused there and not here, for they change with it.
create table workspaces (
  id uuid primary key,
  slug text not null constraint workspaces_slug_form check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 39),
  name text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default mainstay_now()
);
create unique index workspaces_slug on workspaces (slug);

-- With `multi-user` off everything happens in this one workspace, under the same policies. It has the same id
-- everywhere. (Written before the policies, which hold for the owner too.)
insert into workspaces (id, slug, name) values ('00000000-0000-7000-8000-000000000001', 'default', 'Default');

call protect_tenant_table('workspaces', 'id');
call open_to_upkeep('workspaces', 'select');
create policy auth_select on workspaces for select to mainstay_auth using (true);
grant select on workspaces to mainstay_auth;

-- A person. Not a tenant's row: a person may be in many workspaces. Names are shown to fellow members; finding someone
-- by address and adding someone is for mainstay_auth.
create table users (
  id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  email text check (length(email) between 3 and 320),
  created_at timestamptz not null default mainstay_now()
);
create unique index users_email on users (lower(email));

create table members (
  workspace_id uuid not null references workspaces (id),
  id uuid not null default gen_random_uuid(),
  user_id uuid not null references users (id),
  role text not null check (role in ('owner', 'member')),
  created_at timestamptz not null default mainstay_now(),
  primary key (workspace_id, id)
);
-- A workspace has a person once; a token's maker is a member (below).
alter table members add constraint members_once unique (workspace_id, user_id);
create index members_user on members (user_id);
call protect_tenant_table('members');
create policy auth_select on members for select to mainstay_auth using (true);
grant select on members to mainstay_auth;

alter table users enable row level security;
alter table users force row level security;
create policy server_select on users for select to mainstay_server
  using (id in (select user_id from members where workspace_id = any ((select mainstay_workspaces())::uuid[])));
create policy auth_select on users for select to mainstay_auth using (true);
create policy auth_insert on users for insert to mainstay_auth with check (true);
create policy auth_update on users for update to mainstay_auth using (true) with check (true);
grant select on users to mainstay_server;
grant select, insert, update on users to mainstay_auth;

-- Only a hash of the token is here, and `prefix`, its first characters, to be recognised by. A member who leaves takes
-- its tokens along; one without a user was made on the command line.
create table tokens (
  workspace_id uuid not null references workspaces (id),
  id uuid not null,
  user_id uuid,
  name text not null check (length(name) between 1 and 200),
  prefix text not null,
  hash bytea not null check (length(hash) = 32),
  scopes text[] not null check (cardinality(scopes) > 0),
  created_at timestamptz not null default mainstay_now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, user_id) references members (workspace_id, user_id) on delete cascade
);
create unique index tokens_hash on tokens (hash);
create index tokens_member on tokens (workspace_id, user_id) where user_id is not null;
call protect_tenant_table('tokens');

-- Hashes are compared by mainstay_auth and read by nobody else; tokens are revoked and not deleted, and nothing but
-- their name and end can change.
revoke select, update, delete on tokens from mainstay_server;
revoke select on tokens from mainstay_views;
grant select (workspace_id, id, user_id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at) on tokens to mainstay_server, mainstay_views;
grant update (name, expires_at, revoked_at) on tokens to mainstay_server;
create policy auth_select on tokens for select to mainstay_auth using (true);
create policy auth_update on tokens for update to mainstay_auth using (true) with check (true);
grant select, update (last_used_at) on tokens to mainstay_auth;
