-- Conversations of responses: what each was asked, so that another can go on from it.

-- Without its instructions, which are not carried over, and without what it goes on from itself, which is in the rows before it. What it
-- answered is in runs.events. Written with the claim of its run; a response that is not to be kept has no row.
create table run_turns (
  workspace_id uuid not null,
  id uuid not null,
  previous_id uuid,
  -- A list of messages as JSON, images among them. text, for they are the workspace's own words and belong into its export, which leaves
  -- bytes out; and not jsonb, which refuses a NUL that JSON may escape.
  messages text not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, id) references runs (workspace_id, id)
);
call protect_tenant_table('run_turns');
