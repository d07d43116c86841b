-- What runs may use, and what they have used.

-- A bound for a whole workspace, under the workspace's own id, or for one of its tokens, under the token's. Null bounds nothing.
create table run_budgets (
  workspace_id uuid not null references workspaces (id),
  id uuid not null,
  runs_per_minute bigint check (runs_per_minute between 1 and 1000000),
  tokens_per_day bigint check (tokens_per_day >= 0),
  -- US dollars.
  cost_per_day double precision check (cost_per_day >= 0),
  cost_per_month double precision check (cost_per_month >= 0),
  updated_at timestamptz not null default mainstay_now(),
  -- When the next run would be due if runs came evenly: a run moves it on by a minute over runs_per_minute, and it may lie at most a
  -- minute ahead. Locked while a run is admitted, so that ingresses count together.
  due_at timestamptz,
  primary key (workspace_id, id)
);
call protect_tenant_table('run_budgets');

-- What the runs of a token came to on a day of UTC, counted in the transaction that finishes each of them: as runs themselves it does not
-- look for its workspace.
create table run_usage (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  day date not null,
  -- Not a reference: tokens of an identity provider are in no table, and what was used stays when a token goes. The nil id for none.
  token_id uuid not null,
  runs bigint not null default 0 check (runs >= 0),
  input_tokens bigint not null default 0 check (input_tokens >= 0),
  output_tokens bigint not null default 0 check (output_tokens >= 0),
  -- US dollars. Of runs whose price nobody knows it holds nothing, and they are counted beside it.
  cost double precision not null default 0 check (cost >= 0),
  unpriced_runs bigint not null default 0 check (unpriced_runs >= 0),
  primary key (workspace_id, id),
  constraint run_usage_once unique (workspace_id, day, token_id)
);
call protect_tenant_table('run_usage');
