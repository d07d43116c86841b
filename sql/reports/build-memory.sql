-- Build memory
--
-- Shows, for each series of builds (one step on one class of runner, cold or warm), how much memory the process tree
-- took at its peak, how that lies to the limit, what the newest build took against the ones before it, and how much a
-- tool would have missed that sees one process only.
--
-- Rule. Builds started within the last ninety days. The peak is PSS where it was read and RSS otherwise, in MiB.
-- `censored` builds were stopped before their own peak (out of memory, a signal): their figure is a lower bound, so they
-- are counted, shown as `at_least`, and left out of every other column. `newest_pct` is the newest build's difference
-- from the median of those before it, empty with fewer than three: two builds are no series. `of_limit_pct` is the
-- largest peak as a share of the memory that there is. `one_process_pct` is the median share of the largest single
-- process in its tree's peak. `jobs` is the median number of compile jobs at the peak.
with recent as (
  select
    coalesce(b.step, b.command) as step, coalesce(b.runner, '') as runner, coalesce(b.cache_state, '') as cache,
    b.started_at, b.id, b.commit, b.censored, b.largest_process_rss, b.peak_rss, b.compile_jobs_at_peak,
    coalesce(b.peak_pss, b.peak_rss) / 1048576.0 as peak_mib,
    coalesce(b.peak_pss, b.peak_rss) / nullif(coalesce(b.memory_limit, b.memory_total), 0)::numeric as of_limit
  from reporting.build_profiles b, reporting.time n
  where b.started_at > n.now - interval '90 days'
), ranked as (
  select
    r.*,
    case when r.censored is null then
      row_number() over (partition by r.step, r.runner, r.cache, r.censored is null order by r.started_at desc, r.id desc)
    end as age
  from recent r
)
select
  step,
  runner,
  cache,
  count(*) as builds,
  count(*) filter (where censored is not null) as censored,
  round((percentile_cont(0.5) within group (order by peak_mib) filter (where censored is null))::numeric, 1) as peak_p50_mib,
  round((percentile_cont(0.95) within group (order by peak_mib) filter (where censored is null))::numeric, 1) as peak_p95_mib,
  round((max(peak_mib) filter (where censored is not null))::numeric, 1) as at_least_mib,
  round((max(peak_mib) filter (where age = 1))::numeric, 1) as newest_mib,
  round(
    (case when count(*) filter (where age > 1) >= 3 then
      100 * (max(peak_mib) filter (where age = 1) / nullif(percentile_cont(0.5) within group (order by peak_mib) filter (where age > 1), 0) - 1)
    end)::numeric, 1
  ) as newest_pct,
  max(left(commit, 10)) filter (where age = 1) as newest_commit,
  round(100 * max(of_limit) filter (where censored is null), 1) as of_limit_pct,
  round(
    (100 * percentile_cont(0.5) within group (order by largest_process_rss / nullif(peak_rss, 0)::double precision) filter (where censored is null))::numeric, 1
  ) as one_process_pct,
  percentile_disc(0.5) within group (order by compile_jobs_at_peak) filter (where censored is null) as jobs
from ranked
group by step, runner, cache
order by peak_p50_mib desc nulls last, step, runner, cache;
