-- The roles of a Mainstay database, made once for a server by its superuser:
--
--   psql -v owner_password=… -v server_password=… -v reporting_password=… -f sql/roles.sql
--
-- No role here is superuser or has BYPASSRLS. Running this file again changes only the passwords and settings.
--
--   mainstay_owner      logs in to migrate; owns every table, view and function
--   mainstay_server     logs in for ingress and workers; owns nothing; NOINHERIT, so that the two roles below
--                       act only where a transaction says `set local role`
--   mainstay_upkeep     work that belongs to no tenant: relay, takeover, sweeps, audit
--   mainstay_auth       finds the workspace of a token, before any workspace is known
--   mainstay_views      owns the reporting views; may read what they show
--   mainstay_reporting  logs in to read the schema `reporting`, and nothing else
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('mainstay_owner', 'login inherit'),
      ('mainstay_server', 'login noinherit'),
      ('mainstay_reporting', 'login inherit'),
      ('mainstay_upkeep', 'nologin noinherit'),
      ('mainstay_auth', 'nologin noinherit'),
      ('mainstay_views', 'nologin noinherit')
    ) as roles (name, attributes)
  loop
    if not exists (select 1 from pg_roles where rolname = wanted.name) then
      execute format('create role %I', wanted.name);
    end if;
    execute format('alter role %I nosuperuser nocreatedb nocreaterole noreplication nobypassrls %s', wanted.name, wanted.attributes);
  end loop;
end
$$;

grant mainstay_upkeep, mainstay_auth to mainstay_server;
-- A process that was stopped in the middle of a transaction holds its locks, the fence of a worker that is to be declared dead among them:
-- for no longer than this.
alter role mainstay_server set idle_in_transaction_session_timeout = '15s';
-- Membership lets the owner hand the reporting views over. (It inherits: schema public belongs to the database's owner
-- through a role, and an owner that may change every policy gains nothing by it.)
grant mainstay_views to mainstay_owner;

\if :{?owner_password}
alter role mainstay_owner password :'owner_password';
\endif
\if :{?server_password}
alter role mainstay_server password :'server_password';
\endif
\if :{?reporting_password}
alter role mainstay_reporting password :'reporting_password';
\endif
