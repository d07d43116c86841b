-- Memories: what agents keep from one run to the next, and what each run wrote of it.

-- A memory is one agent's, or the whole workspace's. The agent may be a published one of another workspace, so its id refers to nothing
-- here. With a name a memory is written again under it; `holder` makes that name one within the agent or the workspace.
create table memories (
  workspace_id uuid not null,
  id uuid not null,
  scope text not null check (scope in ('workspace', 'agent')),
  agent_id uuid,
  holder uuid not null generated always as (coalesce(agent_id, workspace_id)) stored,
  name text check (length(name) between 1 and 128),
  kind text not null default 'fact' check (length(kind) between 1 and 32),
  content text not null check (length(content) between 1 and 8000),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  created_at timestamptz not null default mainstay_now(),
  updated_at timestamptz not null default mainstay_now(),
  -- Names unstemmed as well: they are often no English words.
  search tsvector generated always as (
    setweight(to_tsvector('simple', coalesce(name, '')), 'A') || setweight(to_tsvector('english', coalesce(name, '')), 'A')
    || setweight(to_tsvector('english', content), 'B')) stored,
  primary key (workspace_id, id),
  unique (workspace_id, holder, name),
  constraint memories_scope check ((scope = 'agent') = (agent_id is not null))
);
create index memories_search on memories using gin (search);
call protect_tenant_table('memories');

-- What somebody typed or said, as a question to memories.search: any of its words, for a whole sentence has hardly ever all of them in
-- one memory. The order is the rank's to make.
create function memory_query(typed text) returns tsquery
  language sql immutable parallel safe strict
  return case
    when numnode(plainto_tsquery('english', left(typed, 4000))) > 0
      then replace(plainto_tsquery('english', left(typed, 4000))::text, '&', '|')::tsquery
    else plainto_tsquery('simple', left(typed, 4000))
  end;

-- One write of a run: the event memory.written, under its own id. It commits with the memory and before the run's log tells of it;
-- whoever goes on with the run, or ends it, appends those that the log has not. One call of a tool writes once, however often it is
-- carried out.
create table memory_events (
  workspace_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  step bigint not null check (step > 0),
  call bigint not null check (call >= 0),
  operation text not null check (operation in ('create', 'update', 'upsert', 'delete')),
  memory_id uuid not null,
  scope text not null,
  kind text,
  content text,
  written_at timestamptz not null default mainstay_now(),
  primary key (workspace_id, id),
  unique (workspace_id, run_id, step, call),
  foreign key (workspace_id, run_id) references runs (workspace_id, id)
);
call protect_tenant_table('memory_events');
