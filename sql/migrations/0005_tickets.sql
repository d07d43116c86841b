-- Support: tickets, their replies, the promises about them (policies), the clocks that measure a promise, and the
-- escalations that a broken promise causes.

-- What a workspace promises, for one priority or for 'any'. Without a row the built-in promise holds: a first reply
-- within 24 hours, a resolution within 48. A null target means that this promise is not made: no clock.
create table sla_policies (
  workspace_id uuid not null references workspaces (id),
  id uuid not null default gen_random_uuid(),
  priority text not null default 'any' check (priority in ('any', 'low', 'normal', 'high', 'urgent')),
  first_reply_seconds integer check (first_reply_seconds > 0),
  resolution_seconds integer check (resolution_seconds > 0),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, id),
  unique (workspace_id, priority)
);
call protect_tenant_table('sla_policies');

-- A ticket's id is the id of the job that made it, so this row is that job's outcome. No foreign key to workspaces:
-- the acceptance was checked against the caller's token, and a check for each row would double the insert.
-- The category is a closed enum of the program and not of this table, so that a new one needs no migration.
create table tickets (
  workspace_id uuid not null,
  id uuid not null,
  accepted_at timestamptz not null,
  created_at timestamptz not null default mainstay_now(),
  answered_at timestamptz,
  closed_at timestamptz,
  state text not null default 'open' check (state in ('open', 'answered', 'closed')),
  priority text not null check (priority in ('low', 'normal', 'high', 'urgent')),
  subject text not null,
  body text not null,
  category text,
  wallet text,
  requester text,
  primary key (workspace_id, id)
);
call protect_tenant_table('tickets');
call open_to_upkeep('tickets', 'select');

create table ticket_replies (
  workspace_id uuid not null,
  id uuid not null,
  ticket_id uuid not null,
  author text not null check (author in ('support', 'requester', 'automation')),
  user_id uuid,
  body text not null,
  created_at timestamptz not null default mainstay_now(),
  idempotency_key text check (length(idempotency_key) between 1 and 255),
  idempotency_digest bytea,
  primary key (workspace_id, id),
  foreign key (workspace_id, ticket_id) references tickets (workspace_id, id),
  check ((idempotency_key is null) = (idempotency_digest is null))
);
create index ticket_replies_ticket on ticket_replies (workspace_id, ticket_id, id);
create unique index ticket_replies_idempotency on ticket_replies (workspace_id, idempotency_key) where idempotency_key is not null;
call protect_tenant_table('ticket_replies');

-- A clock's id follows from its ticket's id and its metric: a ticket that is delivered again makes the same two
-- clocks, and a ticket's clocks are found by primary key without an index on ticket_id. No foreign key to tickets, for
-- both are written by one statement.
--
--   running ──▶ met         what was promised happened by due_at (stopped_at)
--       ├─────▶ breached    due_at passed first (breached_at = due_at); stopped_at if it happened later
--       └─────▶ cancelled   it can no longer happen in time or out of it: closed without a reply (stopped_at)
--
-- sweep_at is when the sweep next looks at a running clock: its deadline, and then a minute after each escalation job
-- that it enqueued. The index holds running clocks only and its head is what is due.
create table sla_clocks (
  workspace_id uuid not null,
  id uuid not null,
  ticket_id uuid not null,
  started_at timestamptz not null,
  due_at timestamptz not null,
  sweep_at timestamptz not null,
  stopped_at timestamptz,
  breached_at timestamptz,
  metric text not null check (metric in ('first_reply', 'resolution')),
  state text not null default 'running',
  primary key (workspace_id, id),
  constraint sla_clocks_state check (
    case state
      when 'running' then stopped_at is null and breached_at is null
      when 'met' then stopped_at <= due_at and breached_at is null
      when 'breached' then breached_at is not null and (stopped_at is null or stopped_at > due_at)
      when 'cancelled' then stopped_at is not null and breached_at is null
      else false
    end)
);
create index sla_clocks_due on sla_clocks (sweep_at) where state = 'running';
call protect_tenant_table('sla_clocks');
call open_to_upkeep('sla_clocks', 'select', 'update');

-- One row for each step of a clock's escalation; step 1 is the breach itself. Its id is its job's id.
create table escalations (
  workspace_id uuid not null,
  id uuid not null,
  clock_id uuid not null,
  ticket_id uuid not null,
  metric text not null,
  step smallint not null check (step > 0),
  due_at timestamptz not null,
  created_at timestamptz not null default mainstay_now(),
  primary key (workspace_id, id),
  unique (workspace_id, clock_id, step),
  foreign key (workspace_id, clock_id) references sla_clocks (workspace_id, id)
);
create index escalations_ticket on escalations (workspace_id, ticket_id);
call protect_tenant_table('escalations');

-- A ticket's row is the outcome of ticket.create.
create or replace view finished_jobs with (security_invoker = true) as
  select workspace_id, id, kind, state, generation, attempts, error, result, accepted_at, finished_at from outcomes
  union all
  select workspace_id, id, 'ticket.create', 'done', 0::smallint, 1::smallint, null, null::jsonb, accepted_at, created_at from tickets;
