-- The harness's table under the same rules as the product's own: the engine works as a role that owns nothing, and
-- row-level security is enabled and forced. `psql -v table=NAME`.
grant select, insert on :"table" to mainstay_server;
alter table :"table" enable row level security;
alter table :"table" force row level security;
-- The cast stands inside of the select: outside it would be done anew for each row.
create policy server_insert on :"table" for insert to mainstay_server
  with check (workspace = any ((select mainstay_workspaces()::text[])::text[]));
create policy server_select on :"table" for select to mainstay_server
  using (workspace = any ((select mainstay_workspaces()::text[])::text[]));
