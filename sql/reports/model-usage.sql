-- Usage of models
--
-- Shows, for each day, workspace and model, how many runs there were, the tokens that they used and what that cost, and how much
-- of it is an estimate.
--
-- Rule. Runs that ended within the last thirty days; days are in UTC, of the end, and the model is the one that answered. Tokens as the
-- providers counted them, and estimates where they did not: `estimated_runs` says how many runs hold one, `repeated_calls` how many calls
-- were lost with their workers and made once more, each of which is estimated. `cost` is US dollars, of the runs whose whole cost is
-- known: `reported_cost` by the provider's own word, `priced_cost` by MAINSTAY_PRICES, all of it or the estimated part; of runs that
-- ended before a release that notes which, neither. `unpriced_runs` are in no cost.
select
  to_char(u.day, 'YYYY-MM-DD') as day,
  coalesce(w.slug, u.workspace_id::text) as workspace,
  u.provider,
  u.model,
  u.runs,
  u.input_tokens,
  u.cached_input_tokens,
  u.output_tokens,
  u.reasoning_output_tokens,
  u.estimated_runs,
  u.repeated_calls,
  round(u.cost::numeric, 6) as cost,
  round(u.reported_cost::numeric, 6) as reported_cost,
  round(u.priced_cost::numeric, 6) as priced_cost,
  u.unpriced_runs
from reporting.model_usage u
cross join reporting.time n
left join reporting.workspaces w on w.id = u.workspace_id
where u.day > (n.now at time zone 'UTC')::date - 30
order by u.day desc, workspace, u.cost desc, u.provider, u.model;
