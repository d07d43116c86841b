-- Run latency
--
-- Shows, for each model, how many runs there were, how they ended, how long the first output took, how long the whole
-- run took, and how fast the model spoke.
--
-- Rule. Runs accepted within the last thirty days. Times count from acceptance, so waiting in the queue is in them.
-- `ttft`: to the model's first output, of runs that had one. `duration`: to the end, of runs that completed; those cut
-- short would make it look better than it is. `tokens_per_s`: the median over completed runs of output tokens divided
-- by the time from first output to end; runs whose provider reports no tokens are not in it.
with recent as (
  select
    r.provider, r.model, r.state, r.ttft_ms, r.output_tokens,
    extract(epoch from r.finished_at - r.accepted_at) * 1000 as duration_ms
  from reporting.runs r, reporting.time n
  where r.accepted_at > n.now - interval '30 days'
)
select
  provider,
  model,
  count(*) as runs,
  count(*) filter (where state = 'completed') as completed,
  count(*) filter (where state = 'incomplete') as incomplete,
  count(*) filter (where state = 'failed') as failed,
  count(*) filter (where state = 'cancelled') as cancelled,
  count(*) filter (where state = 'running') as running,
  round((percentile_cont(0.5) within group (order by ttft_ms))::numeric, 1) as ttft_p50_ms,
  round((percentile_cont(0.95) within group (order by ttft_ms))::numeric, 1) as ttft_p95_ms,
  round((percentile_cont(0.5) within group (order by duration_ms) filter (where state = 'completed'))::numeric / 1000, 2) as duration_p50_s,
  round((percentile_cont(0.95) within group (order by duration_ms) filter (where state = 'completed'))::numeric / 1000, 2) as duration_p95_s,
  round(
    (percentile_cont(0.5) within group (order by output_tokens / nullif((duration_ms - ttft_ms) / 1000, 0))
      filter (where state = 'completed' and duration_ms > ttft_ms))::numeric, 1
  ) as tokens_per_s
from recent
group by provider, model
order by runs desc, provider, model;
