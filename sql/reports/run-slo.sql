-- Objectives of runs
--
-- Shows, for each day and provider, whether runs ended truthfully, how soon and how long they spoke, how many steps they took
-- and how long each, what went wrong, and the tokens. The same in Prometheus, with targets and alerts: ops/objectives.md.
--
-- Rule. Runs accepted within the last thirty days; days are in UTC, of acceptance. Runs that were accepted and never began before
-- the engine gave them up are counted under the provider `none`. `truthful_pct`: those with a terminal event, of those that
-- should have one: all but the ones that are running and were accepted within the last hour (a run takes a quarter of one at
-- the most, and a worker that is lost is noticed within seconds). `completed_pct`: completed, of those that ended and that
-- nobody cancelled. `ttft`: from acceptance to the model's first output, waiting in the queue included. `duration`: from
-- acceptance to the end, of completed runs. `step`: from the call of the model to the step's end, of all steps. `steps`: of runs
-- that called a model. `failures`: kinds of errors and reasons of incomplete answers, each with its runs. Tokens as the
-- providers counted them; runs without a count add nothing.
with recent as (
  select
    r.workspace_id, r.id, (r.accepted_at at time zone 'UTC')::date as day, r.provider, r.state, r.ttft_ms, r.input_tokens, r.output_tokens,
    extract(epoch from r.finished_at - r.accepted_at)::double precision as seconds,
    coalesce(r.error_kind, r.incomplete_reason) as failure,
    r.state <> 'running' as is_ended,
    r.state <> 'running' or r.accepted_at < n.now - interval '1 hour' as is_due
  from reporting.runs r cross join reporting.time n
  where r.accepted_at > n.now - interval '30 days'
  union all
  select distinct
    j.workspace_id, j.id, (j.accepted_at at time zone 'UTC')::date, 'none', 'dead', null::double precision, null::bigint, null::bigint,
    null::double precision, 'never_begun', false, true
  from reporting.jobs j cross join reporting.time n
  where j.kind = 'run.execute' and j.state = 'dead' and j.accepted_at > n.now - interval '30 days'
    and not exists (select 1 from reporting.runs r where r.workspace_id = j.workspace_id and r.id = j.id)
), totals as (
  select
    day, provider,
    count(*) as runs,
    count(*) filter (where state = 'running') as running,
    round(100.0 * count(*) filter (where is_ended) / nullif(count(*) filter (where is_due), 0), 2) as truthful_pct,
    round(
      100.0 * count(*) filter (where state = 'completed') / nullif(count(*) filter (where is_ended and state <> 'cancelled'), 0), 2
    ) as completed_pct,
    percentile_cont(0.5) within group (order by ttft_ms) as ttft_p50,
    percentile_cont(0.95) within group (order by ttft_ms) as ttft_p95,
    percentile_cont(0.99) within group (order by ttft_ms) as ttft_p99,
    percentile_cont(0.5) within group (order by seconds) filter (where state = 'completed') as duration_p50,
    percentile_cont(0.95) within group (order by seconds) filter (where state = 'completed') as duration_p95,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens
  from recent
  group by day, provider
), taken as (
  select
    r.day, r.provider, r.workspace_id, r.id, extract(epoch from s.finished_at - s.started_at)::double precision as seconds
  from recent r join reporting.run_steps s on s.workspace_id = r.workspace_id and s.run_id = r.id
), step_times as (
  select
    day, provider,
    percentile_cont(0.5) within group (order by seconds) as p50,
    percentile_cont(0.95) within group (order by seconds) as p95
  from taken
  group by day, provider
), step_counts as (
  select day, provider, avg(steps) as mean, max(steps) as most
  from (select day, provider, count(*) as steps from taken group by day, provider, workspace_id, id) as counted
  group by day, provider
), failures as (
  select day, provider, string_agg(failure || ' ' || runs, ', ' order by runs desc, failure) as list
  from (select day, provider, failure, count(*) as runs from recent where failure is not null group by day, provider, failure) as counted
  group by day, provider
)
select
  to_char(t.day, 'YYYY-MM-DD') as day,
  t.provider,
  t.runs,
  t.running,
  t.truthful_pct,
  t.completed_pct,
  round(t.ttft_p50::numeric, 1) as ttft_p50_ms,
  round(t.ttft_p95::numeric, 1) as ttft_p95_ms,
  round(t.ttft_p99::numeric, 1) as ttft_p99_ms,
  round(t.duration_p50::numeric, 2) as duration_p50_s,
  round(t.duration_p95::numeric, 2) as duration_p95_s,
  round(s.p50::numeric, 2) as step_p50_s,
  round(s.p95::numeric, 2) as step_p95_s,
  round(c.mean, 2) as steps_mean,
  c.most as steps_most,
  f.list as failures,
  t.input_tokens,
  t.output_tokens
from totals t
left join step_times s on s.day = t.day and s.provider = t.provider
left join step_counts c on c.day = t.day and c.provider = t.provider
left join failures f on f.day = t.day and f.provider = t.provider
order by t.day desc, t.runs desc, t.provider;
