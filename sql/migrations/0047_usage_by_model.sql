-- What runs have used and cost, by workspace, day and model, for reports: whose word a cost is, and the calls of models that nobody counted.

alter table runs
  -- Epochs of the attempts that may have asked a model and told nobody what became of the call: each claim adds its own, and an attempt that gives
  -- the run back after it has heard from the provider takes it away. Those before the first that showed something were lost in silence.
  add column unsettled bigint[] not null default '{}',
  -- Calls of models that were made once more, for the worker of the first was lost before anything was shown. The run's tokens hold an
  -- estimate of each.
  add column repeated_calls bigint not null default 0,
  -- Who says what the run cost: its provider, the table of prices, or of the estimated part the table. Null where cost is, and of the
  -- release before.
  add column cost_source text,
  -- Of new rows at once, and of those that are there in a migration of its own: nobody waits for a look through all runs.
  add constraint runs_repeated_calls_check check (repeated_calls >= 0) not valid,
  add constraint runs_cost_source_check check (cost_source in ('provider', 'table', 'both')) not valid;
alter table run_usage
  add column repeated_calls bigint not null default 0,
  add constraint run_usage_repeated_calls_check check (repeated_calls >= 0) not valid;

create or replace view reporting.runs as
  select
    workspace_id, id, state, epoch, attempts, provider, model, agent_id, agent, accepted_at, started_at, first_event_at, finished_at, ttft_ms,
    provider_ttft_ms, input_tokens, output_tokens, total_tokens, cached_input_tokens, reasoning_output_tokens, finish, incomplete_reason,
    error_kind, error_retryable, usage_estimated, repeated_calls, cost, cost_source
  from runs;

-- Days are those on which runs ended, in UTC, as in run_usage; the model is the one that answered.
create view reporting.model_usage as
  select
    workspace_id, (finished_at at time zone 'UTC')::date as day, provider, model,
    count(*) as runs,
    coalesce(sum(input_tokens), 0)::bigint as input_tokens,
    coalesce(sum(cached_input_tokens), 0)::bigint as cached_input_tokens,
    coalesce(sum(output_tokens), 0)::bigint as output_tokens,
    coalesce(sum(reasoning_output_tokens), 0)::bigint as reasoning_output_tokens,
    -- Of the runs, those whose tokens hold an estimate; and the calls that were made once more.
    count(*) filter (where usage_estimated) as estimated_runs,
    sum(repeated_calls)::bigint as repeated_calls,
    -- US dollars, of the runs whose whole cost is known; of it, by the provider's word alone, and where the table of prices has a part.
    coalesce(sum(cost), 0) as cost,
    coalesce(sum(cost) filter (where cost_source = 'provider'), 0) as reported_cost,
    coalesce(sum(cost) filter (where cost_source in ('table', 'both')), 0) as priced_cost,
    count(*) filter (where cost is null) as unpriced_runs
  from runs where finished_at is not null
  group by workspace_id, (finished_at at time zone 'UTC')::date, provider, model;

alter view reporting.model_usage owner to mainstay_views;
grant select on reporting.model_usage to mainstay_reporting;
