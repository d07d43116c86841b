-- The rows that were there when these came. Everybody reads and writes meanwhile.

alter table runs validate constraint runs_repeated_calls_check;
alter table runs validate constraint runs_cost_source_check;
alter table run_usage validate constraint run_usage_repeated_calls_check;
