-- Fork activity
--
-- Shows, for each agent that is published or was ever forked, how often and by how many workspaces it was forked, how
-- long the first fork took to come, and when the latest one was made.
--
-- Rule. A fork is an agent that names another as its origin, whether it was changed since or not; forks of forks count
-- for their direct origin, and a fork that was deleted is gone from here too. `forks_30d`: made within the last thirty
-- days. `to_first_fork_h`: hours from first publication to the first fork; empty without forks, and for an origin that
-- is not published any more (`published` is false), whose forks stay counted under the name they knew.
with origins as (
  select
    f.forked_from_agent as agent_id, f.forked_from_owner as owner, f.forked_from_name as name, f.workspace_id, f.created_at, f.forked_from_version
  from reporting.forks f
), counted as (
  select
    o.agent_id,
    (array_agg(o.owner order by o.created_at desc))[1] as owner,
    (array_agg(o.name order by o.created_at desc))[1] as name,
    count(*) as forks,
    count(*) filter (where o.created_at > n.now - interval '30 days') as forks_30d,
    count(distinct o.workspace_id) as workspaces,
    max(o.forked_from_version) as newest_version_forked,
    min(o.created_at) as first_fork_at,
    max(o.created_at) as last_fork_at
  from origins o, reporting.time n
  group by o.agent_id
)
select
  coalesce(p.owner, c.owner) || '/' || coalesce(p.name, c.name) as agent,
  p.agent_id is not null as published,
  p.version,
  coalesce(c.forks, 0) as forks,
  coalesce(c.forks_30d, 0) as forks_30d,
  coalesce(c.workspaces, 0) as workspaces,
  c.newest_version_forked,
  round((extract(epoch from c.first_fork_at - p.published_at) / 3600)::numeric, 2) as to_first_fork_h,
  c.last_fork_at
from counted c
full join reporting.published_agents p on p.agent_id = c.agent_id
order by forks desc, last_fork_at desc nulls last, agent;
