-- What a workspace brings along for its runs: keys of model providers, and tools that runs may call over HTTP.
--
-- Secrets are sealed by the program (AES-256-GCM under a key that the database never has). `key_id` says under which; what is sealed
-- names its workspace and its row, so that bytes that were moved to another place do not open there. Reports see neither table.

-- One key for each provider of a workspace. `hint` is its end, to be recognised by.
create table provider_credentials (
  workspace_id uuid not null references workspaces (id),
  id uuid not null default gen_random_uuid(),
  provider text not null check (provider ~ '^[a-z0-9-]{1,64}$'),
  key_id text not null check (key_id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  sealed bytea not null check (length(sealed) between 28 and 16384),
  hint text not null check (length(hint) <= 4),
  created_at timestamptz not null default mainstay_now(),
  -- To about a minute.
  last_used_at timestamptz,
  primary key (workspace_id, id),
  constraint provider_credentials_once unique (workspace_id, provider)
);
call protect_tenant_table('provider_credentials');
revoke select on provider_credentials from mainstay_views;

-- A tool: what a model is told of it, and where it is called. `sealed` is the secret that its calls are signed with.
create table tools (
  workspace_id uuid not null references workspaces (id),
  id uuid not null,
  name text not null check (name ~ '^[A-Za-z0-9_-]{1,64}$'),
  description text check (length(description) <= 2000),
  -- A JSON Schema of the arguments.
  parameters jsonb not null default '{"type": "object"}' check (jsonb_typeof(parameters) = 'object'),
  url text not null check (url ~ '^https?://' and length(url) <= 2000),
  key_id text not null check (key_id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  sealed bytea not null check (length(sealed) between 28 and 16384),
  timeout_ms bigint not null default 10000 check (timeout_ms between 100 and 60000),
  created_at timestamptz not null default mainstay_now(),
  updated_at timestamptz not null default mainstay_now(),
  -- Since when it is not offered to models.
  disabled_at timestamptz,
  primary key (workspace_id, id),
  constraint tools_name unique (workspace_id, name)
);
call protect_tenant_table('tools');
revoke select on tools from mainstay_views;
