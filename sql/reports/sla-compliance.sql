-- SLA compliance
--
-- Shows, for each month and priority, how many tickets were opened, how many got their first reply in time, how many
-- did not, and how large the group is that nobody ever answered.
--
-- Rule. Months are those of acceptance, in UTC. A first reply is the first one written by support in person: neither
-- the requester's own words nor an automatic receipt count. `in_time`: it came by the deadline. `breached`: the
-- deadline passed without it, whether it came later, never, or the ticket was closed afterwards. `in_time_pct` is
-- in_time / (in_time + breached), so tickets that still have time, and those closed in time without a reply, are in
-- neither part. `unanswered`: no reply by support so far, whatever the ticket's state; the percentiles are of answered
-- tickets only and say nothing about this group. `resolved_pct` is the same share for the resolution's deadline.
select
  to_char(t.accepted_at at time zone 'UTC', 'YYYY-MM') as month,
  t.priority,
  count(*) as opened,
  count(*) filter (where r.state = 'met') as in_time,
  count(*) filter (where r.is_breached) as breached,
  round(
    100.0 * count(*) filter (where r.state = 'met') / nullif(count(*) filter (where r.state = 'met' or r.is_breached), 0), 1
  ) as in_time_pct,
  count(*) filter (where t.answered_at is null) as unanswered,
  round((percentile_cont(0.5) within group (order by t.first_reply_seconds) / 3600)::numeric, 1) as reply_p50_h,
  round((percentile_cont(0.9) within group (order by t.first_reply_seconds) / 3600)::numeric, 1) as reply_p90_h,
  round(
    100.0 * count(*) filter (where s.state = 'met') / nullif(count(*) filter (where s.state = 'met' or s.is_breached), 0), 1
  ) as resolved_pct
from reporting.tickets t
left join reporting.sla_clocks r on r.workspace_id = t.workspace_id and r.ticket_id = t.id and r.metric = 'first_reply'
left join reporting.sla_clocks s on s.workspace_id = t.workspace_id and s.ticket_id = t.id and s.metric = 'resolution'
group by month, t.priority
order by month desc, array_position(array['urgent', 'high', 'normal', 'low'], t.priority);
