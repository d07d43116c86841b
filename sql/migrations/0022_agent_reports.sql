-- Reports about published agents, what operators decide about them, and who is told.
--
--   report ──▶ case, one open for an agent ──threshold──▶ quarantined; its owner is told why
--                └──an operator──▶ statement of reasons ──▶ appeal ──▶ a case of its own ──another operator──▶ statement
--                                     └─ quarantine, remove ──▶ the public log ─ remove ──▶ a notice to the owner of every fork
--
-- Reports and cases belong to no tenant: whoever reports need not have a workspace, and the one that owns the agent must not read
-- who reported it. Upkeep reads and writes them. Statements, appeals and notices are rows of the workspace that they are for.

-- Keys by which reporters are recognised and receipts are made. That of a day's addresses is deleted some days later, and from
-- then on nobody can tell which address a hash was made of.
create table report_keys (
  name text primary key check (name ~ '^(receipts|addresses:[0-9]{4}-[0-9]{2}-[0-9]{2})$'),
  key bytea not null check (length(key) = 32),
  made_at timestamptz not null default mainstay_now()
);
alter table report_keys enable row level security;
alter table report_keys force row level security;
call open_to_upkeep('report_keys', 'select', 'insert', 'delete');

-- How many more reports may come from one place: a bucket that a report takes a token from, and that fills again with time.
create table report_budgets (
  reporter bytea primary key,
  tokens double precision not null check (tokens >= 0),
  refilled_at timestamptz not null
);
create index report_budgets_age on report_budgets (refilled_at);
alter table report_budgets enable row level security;
alter table report_budgets force row level security;
call open_to_upkeep('report_budgets', 'select', 'insert', 'update', 'delete');

-- What operators decide about: the reports of one agent, or an appeal. In the order of their ids, which is that of their opening.
-- The names stay true when the agent or its workspace is gone.
create table agent_cases (
  id uuid primary key,
  kind text not null check (kind in ('report', 'appeal')),
  -- What reports alone have come to: noted, alerted (many at once by nobody known), quarantined.
  standing text not null default 'noted' check (standing in ('noted', 'alerted', 'quarantined')),
  owner text not null,
  name text not null,
  agent_id uuid not null,
  owner_workspace_id uuid not null,
  -- What the reports weigh together.
  score double precision not null default 0 check (score >= 0),
  -- What the threshold has taken the agent out of, and a dismissal puts it back to.
  status_before text check (status_before in ('active', 'deprecated')),
  -- The statement that an appeal is about.
  statement_id uuid,
  opened_at timestamptz not null default mainstay_now(),
  decided_at timestamptz,
  decision text check (decision in ('dismiss', 'restore', 'deprecate', 'quarantine', 'remove')),
  ground text,
  facts text,
  rule text,
  automated boolean,
  decided_by_token uuid,
  decided_by_user uuid,
  -- Null where the owner's workspace is gone: there is nobody to be told.
  decided_statement_id uuid,
  check ((kind = 'appeal') = (statement_id is not null)),
  check (num_nulls(decided_at, decision, ground, facts, rule, automated) in (0, 6))
);
create unique index agent_cases_one_open on agent_cases (agent_id) where kind = 'report' and decided_at is null;
create index agent_cases_queue on agent_cases (id) where decided_at is null;
alter table agent_cases enable row level security;
alter table agent_cases force row level security;
call open_to_upkeep('agent_cases', 'select', 'insert', 'update');
-- An owner opens the case of its own appeal, and reads none.
create policy server_insert on agent_cases for insert to mainstay_server
  with check (kind = 'appeal' and owner_workspace_id = any ((select mainstay_workspaces())::uuid[]));
grant insert (id, kind, owner, name, agent_id, owner_workspace_id, statement_id) on agent_cases to mainstay_server;
-- Who decided, and on what facts, is for nobody's report.
create policy views_select on agent_cases for select to mainstay_views using (true);
grant select (id, kind, standing, owner, name, agent_id, score, opened_at, decided_at, decision, ground, automated) on agent_cases to mainstay_views;

-- One report. `reporter` is the id of a workspace, or a keyed hash of an address: no address is kept anywhere.
create table agent_reports (
  id uuid primary key,
  case_id uuid not null references agent_cases (id),
  agent_id uuid not null,
  -- What was published when it was reported.
  version integer not null check (version > 0),
  reason text not null
    check (reason in ('impersonation', 'malware', 'leaked_secret', 'illegal', 'misleading', 'not_working', 'other')),
  reporter bytea not null,
  is_identified boolean not null,
  text text not null check (length(text) <= 4000),
  contact text check (length(contact) between 1 and 320),
  created_at timestamptz not null default mainstay_now(),
  unique (agent_id, reason, reporter),
  check (length(reporter) = case when is_identified then 16 else 32 end)
);
create index agent_reports_case on agent_reports (case_id, created_at);
alter table agent_reports enable row level security;
alter table agent_reports force row level security;
-- Anybody's report may be written down, in any scope; only upkeep reads one.
create policy server_insert on agent_reports for insert to mainstay_server with check (true);
grant insert on agent_reports to mainstay_server;
call open_to_upkeep('agent_reports', 'select', 'insert');
create policy views_select on agent_reports for select to mainstay_views using (true);
grant select (id, case_id, agent_id, reason, is_identified, created_at) on agent_reports to mainstay_views;

-- Why something was decided about an agent, for the workspace that owns it. It stays when the agent is deleted, and so it does not
-- refer to agents. Nobody changes one; that it is lifted is noted by upkeep.
create table agent_statements (
  workspace_id uuid not null references workspaces (id),
  id uuid not null,
  case_id uuid not null references agent_cases (id) on delete cascade,
  agent_id uuid not null,
  owner text not null,
  name text not null,
  decision text not null check (decision in ('dismiss', 'restore', 'deprecate', 'quarantine', 'remove')),
  ground text not null,
  facts text not null,
  rule text not null,
  -- Whether it was decided without a person.
  automated boolean not null,
  redress text not null,
  -- Null for what takes nothing from the owner.
  appeal_until timestamptz,
  created_at timestamptz not null default mainstay_now(),
  lifted_at timestamptz,
  primary key (workspace_id, id)
);
create index agent_statements_agent on agent_statements (workspace_id, agent_id, id desc);
create index agent_statements_case on agent_statements (case_id);
call protect_tenant_table('agent_statements');
revoke insert, update, delete on agent_statements from mainstay_server;
call open_to_upkeep('agent_statements', 'select', 'insert', 'update');
-- Reports of operators lean on cases; what an owner was told is its own.
revoke select on agent_statements from mainstay_views;

create index agent_cases_statement on agent_cases (owner_workspace_id, statement_id) where statement_id is not null;
alter table agent_cases add foreign key (owner_workspace_id, statement_id) references agent_statements (workspace_id, id) on delete cascade;

-- What an owner says against a decision: once against each, and one at a time.
create table agent_appeals (
  workspace_id uuid not null references workspaces (id),
  id uuid not null,
  statement_id uuid not null,
  case_id uuid not null references agent_cases (id) on delete cascade,
  agent_id uuid not null,
  text text not null check (length(text) between 1 and 4000),
  created_at timestamptz not null default mainstay_now(),
  outcome text check (outcome in ('upheld', 'changed', 'reversed')),
  decided_at timestamptz,
  primary key (workspace_id, id),
  constraint agent_appeals_once unique (workspace_id, statement_id),
  foreign key (workspace_id, statement_id) references agent_statements (workspace_id, id) on delete cascade,
  check ((outcome is null) = (decided_at is null))
);
create unique index agent_appeals_one_open on agent_appeals (workspace_id, agent_id) where outcome is null;
create index agent_appeals_case on agent_appeals (case_id);
call protect_tenant_table('agent_appeals');
revoke update, delete on agent_appeals from mainstay_server;
call open_to_upkeep('agent_appeals', 'select', 'update');
revoke select on agent_appeals from mainstay_views;

-- The public log of what operators took out of the directory. It refers to nothing that an owner can delete, so it stays. It never
-- says who reported, or in what words. What a threshold quarantined is not in it until an operator has said the same.
create table agent_removals (
  id uuid primary key,
  owner text not null,
  name text not null,
  agent_id uuid not null,
  case_id uuid not null,
  decision text not null check (decision in ('quarantine', 'remove')),
  ground text not null,
  decided_at timestamptz not null default mainstay_now(),
  appeal_outcome text check (appeal_outcome in ('upheld', 'changed', 'reversed')),
  -- When a later decision put the agent back.
  lifted_at timestamptz
);
create unique index agent_removals_case on agent_removals (case_id);
create index agent_removals_agent on agent_removals (agent_id) where lifted_at is null;
alter table agent_removals enable row level security;
alter table agent_removals force row level security;
create policy server_select on agent_removals for select to mainstay_server using (true);
create policy views_select on agent_removals for select to mainstay_views using (true);
grant select (id, owner, name, agent_id, decision, ground, decided_at, appeal_outcome, lifted_at) on agent_removals
  to mainstay_server, mainstay_views;
call open_to_upkeep('agent_removals', 'select', 'insert', 'update');

-- How far the owners of forks of a removed agent have been told. A pass goes through their workspaces by id and hands each to a
-- job; a later pass finds forks that were made while the first one went, and jobs that were lost on the way.
create table agent_takedowns (
  removal_id uuid primary key references agent_removals (id),
  pass smallint not null default 1 check (pass > 0),
  -- The last workspace of this pass that was handed out.
  told_to uuid not null default '00000000-0000-0000-0000-000000000000',
  sweep_at timestamptz not null default mainstay_now(),
  finished_at timestamptz
);
create index agent_takedowns_due on agent_takedowns (sweep_at) where finished_at is null;
alter table agent_takedowns enable row level security;
alter table agent_takedowns force row level security;
call open_to_upkeep('agent_takedowns', 'select', 'insert', 'update');

-- What an owner of a fork has to know: its origin was removed.
create table agent_notices (
  workspace_id uuid not null references workspaces (id),
  id uuid not null,
  -- The fork.
  agent_id uuid not null,
  removal_id uuid not null references agent_removals (id),
  created_at timestamptz not null default mainstay_now(),
  read_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, agent_id, removal_id),
  foreign key (workspace_id, agent_id) references agents (workspace_id, id) on delete cascade
);
create index agent_notices_removal on agent_notices (removal_id);
call protect_tenant_table('agent_notices');
revoke update, delete on agent_notices from mainstay_server;
grant update (read_at) on agent_notices to mainstay_server;
-- The next pass leaves out who was told.
call open_to_upkeep('agent_notices', 'select');

-- Forks of a removed agent are looked for in all workspaces.
call open_to_upkeep('agents', 'select');

-- What reports may read.
create view reporting.listing_status as
  select owner, name, workspace_id, agent_id, status, status_changed_at, published_at from published_agents;

create view reporting.agent_cases as
  select id, kind, standing, owner, name, agent_id, score, opened_at, decided_at, decision, ground, automated from agent_cases;

create view reporting.agent_reports as
  select id, case_id, agent_id, reason, is_identified, created_at from agent_reports;

create view reporting.agent_removals as
  select id, owner, name, agent_id, decision, ground, decided_at, appeal_outcome, lifted_at from agent_removals;

do $$
declare
  made text;
begin
  foreach made in array array['listing_status', 'agent_cases', 'agent_reports', 'agent_removals'] loop
    execute format('alter view reporting.%I owner to mainstay_views', made);
    execute format('grant select on reporting.%I to mainstay_reporting', made);
  end loop;
end
$$;
