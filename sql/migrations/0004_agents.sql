-- Agents: what a workspace owns, every version of it, the plugins that a version names; and the copies that it published.

create table agents (
  workspace_id uuid not null references workspaces (id),
  id uuid not null,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(name) <= 64),
  display_name text not null,
  visibility text not null default 'private' check (visibility in ('private', 'public')),
  -- The number of the newest version. Whoever adds a version locks this row, so that numbers have no gaps.
  version integer not null default 1 check (version > 0),
  -- Where a fork came from, in words that stay true when the original is renamed or gone.
  forked_from_owner text,
  forked_from_name text,
  forked_from_version integer,
  forked_from_agent uuid,
  created_at timestamptz not null default mainstay_now(),
  updated_at timestamptz not null default mainstay_now(),
  primary key (workspace_id, id),
  unique (workspace_id, name),
  check (num_nonnulls(forked_from_owner, forked_from_name, forked_from_version, forked_from_agent) in (0, 4))
);
create index agents_forks on agents (forked_from_agent, created_at) where forked_from_agent is not null;
call protect_tenant_table('agents');

-- A character file never brings its secrets in here: the reader strips them, and these two tables refuse a document
-- that still has one of the two places where files keep them.
create function character_has_no_secrets(given jsonb) returns boolean
  language sql immutable parallel safe
  return jsonb_typeof(given) = 'object' and not given ? 'secrets' and not coalesce(given -> 'settings', '{}') ? 'secrets';

create table agent_versions (
  workspace_id uuid not null,
  id uuid not null,
  agent_id uuid not null,
  number integer not null check (number > 0),
  shape text not null check (shape in ('v0', 'v1', 'v2')),
  -- SHA-256 of the canonical form of the document.
  digest bytea not null check (length(digest) = 32),
  character jsonb not null check (character_has_no_secrets(character)),
  -- JSON pointers to what was stripped: names of settings, never values.
  secret_places text[] not null default '{}',
  changelog text not null default '',
  created_at timestamptz not null default mainstay_now(),
  primary key (workspace_id, id),
  unique (workspace_id, agent_id, number),
  foreign key (workspace_id, agent_id) references agents (workspace_id, id) on delete cascade
);
call protect_tenant_table('agent_versions');
-- A version is written once. Forks and digests refer to it.
revoke update on agent_versions from mainstay_server;

create table plugins (
  workspace_id uuid not null,
  id uuid not null,
  version_id uuid not null,
  position smallint not null,
  name text not null check (length(name) between 1 and 214),
  range text,
  primary key (workspace_id, id),
  unique (workspace_id, version_id, name),
  foreign key (workspace_id, version_id) references agent_versions (workspace_id, id) on delete cascade
);
create index plugins_name on plugins (name);
call protect_tenant_table('plugins');

-- What anyone may read. The directory and forks read this and nothing else, in any scope; only the publishing workspace
-- writes it, under its own slug.
create table published_agents (
  owner text not null,
  name text not null,
  -- The place in lists, newest first: version 7, made when the agent was first published.
  listing_id uuid not null unique,
  workspace_id uuid not null,
  agent_id uuid not null,
  version integer not null check (version > 0),
  digest bytea not null check (length(digest) = 32),
  shape text not null check (shape in ('v0', 'v1', 'v2')),
  display_name text not null,
  summary text not null,
  topics text[] not null default '{}',
  plugins jsonb not null default '[]',
  secret_places text[] not null default '{}',
  character jsonb not null check (character_has_no_secrets(character)),
  forked_from_owner text,
  forked_from_name text,
  forked_from_version integer,
  forked_from_agent uuid,
  published_at timestamptz not null default mainstay_now(),
  updated_at timestamptz not null default mainstay_now(),
  primary key (owner, name),
  unique (workspace_id, agent_id),
  foreign key (workspace_id, agent_id) references agents (workspace_id, id) on delete cascade,
  check (num_nonnulls(forked_from_owner, forked_from_name, forked_from_version, forked_from_agent) in (0, 4))
);
alter table published_agents enable row level security;
alter table published_agents force row level security;
create policy everyone_select on published_agents for select
  to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views using (true);
create policy server_insert on published_agents for insert to mainstay_server with check (
  workspace_id = any ((select mainstay_workspaces())::uuid[])
  and owner = (select slug from workspaces where workspaces.id = published_agents.workspace_id));
create policy server_update on published_agents for update to mainstay_server
  using (workspace_id = any ((select mainstay_workspaces())::uuid[]))
  with check (
    workspace_id = any ((select mainstay_workspaces())::uuid[])
    and owner = (select slug from workspaces where workspaces.id = published_agents.workspace_id));
create policy server_delete on published_agents for delete to mainstay_server
  using (workspace_id = any ((select mainstay_workspaces())::uuid[]));
grant select on published_agents to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;
grant insert, update, delete on published_agents to mainstay_server;
