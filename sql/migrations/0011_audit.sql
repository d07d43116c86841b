-- The audit looks at all workspaces. Of stream kinds it may find a run that has begun and that Redis has lost: runs write
-- down that they begin.
grant select on running_jobs to mainstay_upkeep;
