-- The reporting schema: what reports, dashboards and people with a database client may read. One view for each main
-- table, with its columns named, so that a table can change and its view stay.
--
-- The views belong to mainstay_views, which may read all workspaces; mainstay_reporting may read the views and nothing
-- beneath them. What nobody needs for a report is not in them: bodies of tickets, jobs and runs, secrets, hashes of
-- tokens, and the names and wallets of those who asked.
create schema reporting;
grant usage, create on schema reporting to mainstay_views;
grant usage on schema reporting to mainstay_reporting;

-- "Now" for reports: mainstay_now() reads a table that mainstay_reporting may not.
create view reporting.time as
  select clock_timestamp() + amount as now from time_offset;

-- Workspaces and agents

create view reporting.workspaces as
  select id, slug, name, created_at from workspaces;

create view reporting.agents as
  select
    workspace_id, id, name, display_name, visibility, version, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent,
    created_at, updated_at
  from agents;

create view reporting.agent_versions as
  select workspace_id, id, agent_id, number, shape, created_at from agent_versions;

create view reporting.published_agents as
  select owner, name, workspace_id, agent_id, version, shape, display_name, published_at, updated_at from published_agents;

create view reporting.forks as
  select
    workspace_id, id, name, version, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent, created_at, updated_at
  from agents where forked_from_agent is not null;

-- Support

create view reporting.tickets as
  select
    workspace_id, id, state, priority, category, subject, accepted_at, created_at, answered_at, closed_at,
    extract(epoch from answered_at - accepted_at)::double precision as first_reply_seconds
  from tickets;

-- is_breached also counts the clock whose deadline has passed and whose escalation has not run yet.
create view reporting.sla_clocks as
  select
    c.workspace_id, c.id, c.ticket_id, c.metric, c.state, c.started_at, c.due_at, c.stopped_at, c.breached_at,
    c.state = 'breached' or (c.state = 'running' and c.due_at < clock_timestamp() + o.amount) as is_breached
  from sla_clocks c, time_offset o;

create view reporting.sla_policies as
  select workspace_id, id, priority, first_reply_seconds, resolution_seconds, updated_at from sla_policies;

create view reporting.ticket_replies as
  select workspace_id, id, ticket_id, author, created_at from ticket_replies;

create view reporting.escalations as
  select workspace_id, id, clock_id, ticket_id, metric, step, due_at, created_at from escalations;

-- Inference

create view reporting.runs as
  select
    workspace_id, id, state, epoch, attempts, provider, model, agent_id, agent, accepted_at, started_at, first_event_at, finished_at, ttft_ms,
    provider_ttft_ms, input_tokens, output_tokens, total_tokens, cached_input_tokens, reasoning_output_tokens, finish, incomplete_reason,
    error_kind, error_retryable
  from runs;

create view reporting.run_steps as
  select
    workspace_id, id, run_id, step, state, provider, model, started_at, finished_at, ttft_ms, input_tokens, output_tokens,
    reasoning_output_tokens, finish, missing_done
  from run_steps;

-- Build memory

create view reporting.build_profiles as
  select
    workspace_id, id, accepted_at, created_at, started_at, duration_ms, exit_code, signal, censored, command, step, labels, commit, dirty, tools,
    cache_state, runner, os, kernel, architecture, cores, memory_total, memory_limit, peak_rss, peak_rss_at_ms, peak_pss, peak_pss_at_ms,
    rss_at_peak_pss, largest_process_rss, processes_at_peak, compile_jobs_at_peak, process_count, cpu_ms, overhead_cpu_ms, samples, pss_reads,
    sampling_budget, timeline, version
  from build_profiles;

create view reporting.build_steps as
  select
    workspace_id, id, profile_id, ordinal, pid, ppid, command, role, started_ms, ended_ms, peak_rss, peak_rss_at_ms, rss_at_tree_peak,
    pss_at_tree_peak, cpu_ms
  from build_steps;

-- The engine

-- The text of finished_jobs, and not the view itself: it asks with the rights of whoever asks, and mainstay_reporting
-- has none. A migration that adds a branch to finished_jobs replaces this view in the same way.
do $$
begin
  execute format('create view reporting.jobs as select workspace_id, id, kind, state, generation, attempts, accepted_at, finished_at from (%s) as finished',
    rtrim(pg_get_viewdef('public.finished_jobs'::regclass), ';'));
end
$$;

create view reporting.acceptances as
  select workspace_id, id, kind, version, queue, partition, accepted_at from acceptances;

create view reporting.dead_letters as
  select workspace_id, id, kind, version, queue, attempts, code, accepted_at, died_at, replayed_at, discarded_at from dead_letters;

create view reporting.workers as
  select id, name, host, pid, queues, version, started_at, stopped_at, dead_at from workers;

-- All of them at once, so that none is forgotten.
do $$
declare
  found record;
begin
  for found in select relname from pg_class where relnamespace = 'reporting'::regnamespace and relkind = 'v' loop
    execute format('alter view reporting.%I owner to mainstay_views', found.relname);
    execute format('grant select on reporting.%I to mainstay_reporting', found.relname);
  end loop;
end
$$;
