-- Runs that another worker may go on with.

-- The newest step of which something was shown, as far as the row was told in time. Null: none, or an earlier release's run. The log
-- says the same; where it lost its end, this says that a step must not be asked again.
alter table runs add column shown_step bigint check (shown_step > 0);

-- What a call of a server's tool came to, where that is longer than the run's log tells. The model is given the whole, also by a worker
-- that goes on with the run. Written before the log tells of it, once a call; gone when the run is finished.
create table run_tool_outputs (
  workspace_id uuid not null,
  id uuid not null default gen_random_uuid(),
  run_id uuid not null,
  step bigint not null check (step > 0),
  call bigint not null check (call >= 0),
  output text not null,
  is_error boolean not null,
  primary key (workspace_id, id),
  unique (workspace_id, run_id, step, call),
  foreign key (workspace_id, run_id) references runs (workspace_id, id)
);
call protect_tenant_table('run_tool_outputs');
