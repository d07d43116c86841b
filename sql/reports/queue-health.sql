-- Queue health
--
-- Shows, for each queue and kind, what was accepted, what became of it, what still waits and for how long, and how long
-- a job took from acceptance to its outcome.
--
-- Rule. Jobs accepted within the last seven days, as PostgreSQL knows them. Kinds with a ledger (tickets, forks) are
-- counted where they were accepted: `waiting` is accepted and without an outcome, be it queued, running or to be
-- retried. Other kinds are known here only by their outcomes: what they have waiting is in Redis (`mainstay queues`),
-- and is left empty here, for unknown is not zero. `queue` is what the ledger or a dead letter says, and otherwise the
-- one that this release puts the kind into. `dead` counts jobs whose last outcome is a dead letter; one that was
-- replayed and succeeded is done. Percentiles are of jobs that are done, in seconds.
with queues (kind, queue) as (
  values
    ('ticket.create', 'tickets'), ('ticket.escalate', 'tickets'), ('agent.fork', 'forks'), ('agent.notice', 'forks'), ('run.execute', 'runs'),
    ('build-profile.store', 'profiles')
), finished as (
  select distinct on (j.workspace_id, j.id) j.workspace_id, j.id, j.kind, j.state, j.accepted_at, j.finished_at
  from reporting.jobs j, reporting.time n
  where j.accepted_at > n.now - interval '7 days'
  order by j.workspace_id, j.id, j.generation desc, j.finished_at desc
), accepted as (
  select a.workspace_id, a.id, a.queue, a.kind, a.accepted_at
  from reporting.acceptances a, reporting.time n
  where a.accepted_at > n.now - interval '7 days'
), known as (
  select a.queue, a.kind, true as has_ledger, f.state, a.accepted_at, f.finished_at
  from accepted a left join finished f on f.workspace_id = a.workspace_id and f.id = a.id
  union all
  select d.queue, f.kind, false, f.state, f.accepted_at, f.finished_at
  from finished f left join reporting.dead_letters d on d.workspace_id = f.workspace_id and d.id = f.id
  where not exists (select 1 from accepted a where a.workspace_id = f.workspace_id and a.id = f.id)
)
select
  coalesce(max(k.queue), max(q.queue)) as queue,
  k.kind,
  case when bool_or(k.has_ledger) then count(*) filter (where k.has_ledger) end as accepted,
  count(*) filter (where k.state = 'done') as done,
  count(*) filter (where k.state = 'dead') as dead,
  count(*) filter (where k.state = 'cancelled') as cancelled,
  case when bool_or(k.has_ledger) then count(*) filter (where k.state is null) end as waiting,
  round(extract(epoch from max(n.now - k.accepted_at) filter (where k.state is null))::numeric, 1) as oldest_s,
  round((percentile_cont(0.5) within group (order by extract(epoch from k.finished_at - k.accepted_at)) filter (where k.state = 'done'))::numeric, 3)
    as done_p50_s,
  round((percentile_cont(0.95) within group (order by extract(epoch from k.finished_at - k.accepted_at)) filter (where k.state = 'done'))::numeric, 3)
    as done_p95_s
from known k
cross join reporting.time n
left join queues q on q.kind = k.kind
group by k.kind
order by queue, k.kind;
