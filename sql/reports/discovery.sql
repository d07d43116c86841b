-- Discovery
--
-- Shows, for each month, how many agents were published and are listed, how many workspaces that were made in it have
-- come to their first fork and how soon, and how many reports about agents were made and still wait for somebody.
--
-- Rule. Months are in UTC. `published`: agents that were first published in the month and are known still; `listed`: of
-- these, the ones that can be found today, active or deprecated. `workspaces`: made in the month; `first_forks`: of these,
-- the ones that have a fork. The time to the first fork goes from the making of the workspace to the making of the oldest
-- fork that it still has; a workspace without one is in neither percentile, so read them beside `first_forks`.
-- `in_5_min_pct`: the share of all the month's workspaces whose first fork came within five minutes. `reports`: made in the
-- month, each reporter once for an agent and a reason; `reports_open`: of these, the ones whose case nobody has decided;
-- `oldest_open_h`: the age of the oldest of those. How soon an agent is forked says the report fork-activity.
with firsts as (
  select workspace_id, min(created_at) as at from reporting.forks group by workspace_id
), listings as (
  select
    date_trunc('month', published_at at time zone 'UTC') as month,
    count(*) as published,
    count(*) filter (where status in ('active', 'deprecated')) as listed
  from reporting.listing_status
  group by 1
), newcomers as (
  select
    date_trunc('month', w.created_at at time zone 'UTC') as month,
    count(*) as workspaces,
    count(f.at) as first_forks,
    percentile_cont(0.5) within group (order by extract(epoch from f.at - w.created_at)) as p50,
    percentile_cont(0.9) within group (order by extract(epoch from f.at - w.created_at)) as p90,
    count(*) filter (where f.at - w.created_at <= interval '5 minutes') as soon
  from reporting.workspaces w left join firsts f on f.workspace_id = w.id
  group by 1
), reported as (
  select
    date_trunc('month', r.created_at at time zone 'UTC') as month,
    count(*) as reports,
    count(*) filter (where c.decided_at is null) as open,
    extract(epoch from max(n.now - r.created_at) filter (where c.decided_at is null)) as oldest
  from reporting.agent_reports r
  join reporting.agent_cases c on c.id = r.case_id
  cross join reporting.time n
  group by 1
), months as (
  select month from listings union select month from newcomers union select month from reported
)
select
  to_char(m.month, 'YYYY-MM') as month,
  coalesce(l.published, 0) as published,
  coalesce(l.listed, 0) as listed,
  coalesce(w.workspaces, 0) as workspaces,
  coalesce(w.first_forks, 0) as first_forks,
  round((w.p50 / 60)::numeric, 1) as to_first_fork_p50_min,
  round((w.p90 / 60)::numeric, 1) as to_first_fork_p90_min,
  round(100.0 * w.soon / nullif(w.workspaces, 0), 1) as in_5_min_pct,
  coalesce(r.reports, 0) as reports,
  coalesce(r.open, 0) as reports_open,
  round((r.oldest / 3600)::numeric, 1) as oldest_open_h
from months m
left join listings l on l.month = m.month
left join newcomers w on w.month = m.month
left join reported r on r.month = m.month
order by m.month desc;
