-- What every later migration leans on: time, the tenant setting, and the one way to protect a table.

revoke create on schema public from public;
grant usage on schema public to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;

-- Time is the server's, plus an offset that only tests set (they write this row as superuser; nobody else may).
create table time_offset (
  only_row boolean primary key default true check (only_row),
  amount interval not null default interval '0'
);
insert into time_offset default values;
grant select on time_offset to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;

create function mainstay_now() returns timestamptz
  language sql stable parallel safe
  set search_path = pg_catalog, public
  return (select clock_timestamp() + amount from public.time_offset);

-- The workspaces this transaction may touch, given by `select set_config('mainstay.workspaces', $1, true)`.
-- Unset or empty means none: a forgotten scope sees nothing.
create function mainstay_workspaces() returns uuid[]
  language sql stable parallel safe
  return string_to_array(nullif(current_setting('mainstay.workspaces', true), ''), ',')::uuid[];

-- The first identifier of a given instant: what partitions by UUIDv7 are cut at.
create function uuid_v7_floor(at timestamptz) returns uuid
  language sql immutable strict parallel safe
  return (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;

-- Every tenant table goes through here: row-level security enabled and forced, one policy for each of the four
-- commands. The inner select is evaluated once a statement and not once a row (a factor of five); the cast makes it a
-- scalar, for `any (select …)` alone would compare with rows.
-- `tenant` is the column that holds the workspace's id.
create procedure protect_tenant_table(target regclass, tenant name default 'workspace_id')
  language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy server_select on %s for select to mainstay_server using (%I = any ((select mainstay_workspaces())::uuid[]))', target, tenant);
  execute format('create policy server_insert on %s for insert to mainstay_server with check (%I = any ((select mainstay_workspaces())::uuid[]))', target, tenant);
  execute format(
    'create policy server_update on %s for update to mainstay_server using (%I = any ((select mainstay_workspaces())::uuid[])) with check (%I = any ((select mainstay_workspaces())::uuid[]))',
    target, tenant, tenant);
  execute format('create policy server_delete on %s for delete to mainstay_server using (%I = any ((select mainstay_workspaces())::uuid[]))', target, tenant);
  execute format('create policy views_select on %s for select to mainstay_views using (true)', target);
  execute format('grant select, insert, update, delete on %s to mainstay_server', target);
  execute format('grant select on %s to mainstay_views', target);
end
$$;

-- Upkeep sees all tenants, but only in the tables and with the commands that are named for it here.
create procedure open_to_upkeep(target regclass, variadic commands text[])
  language plpgsql as $$
declare
  command text;
begin
  foreach command in array commands loop
    if command not in ('select', 'insert', 'update', 'delete') then
      raise exception 'open_to_upkeep: % is not a command', command;
    end if;
    if command = 'insert' then
      execute format('create policy upkeep_insert on %s for insert to mainstay_upkeep with check (true)', target);
    else
      execute format('create policy upkeep_%s on %s for %s to mainstay_upkeep using (true)', command, target, command);
    end if;
    execute format('grant %s on %s to mainstay_upkeep', command, target);
  end loop;
end
$$;
revoke execute on procedure protect_tenant_table(regclass, name) from public;
revoke execute on procedure open_to_upkeep(regclass, text[]) from public;
