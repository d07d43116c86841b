-- Operators are somebody: each has a name of its own, and holds any number of tokens. They belong to the installation and to no tenant.
-- Their tokens lie in a workspace as all tokens do, and nobody in that workspace lists, rotates, revokes or exports one.

create table operators (
  id uuid primary key,
  -- In lower case: who writes it otherwise is the same operator.
  name text not null constraint operators_name_form check (length(name) between 1 and 200 and name = lower(name)),
  created_at timestamptz not null default mainstay_now()
);
create unique index operators_name on operators (name);

alter table tokens
  add column operator_id uuid references operators (id),
  add constraint tokens_holder check (operator_id is null or user_id is null);
create index tokens_operator on tokens (operator_id) where operator_id is not null;

-- Tokens that were made for operators before: each name is an operator. (Written before the policies, which hold for the owner too.) What
-- the release before this one makes or rotates from here on has no operator, and is held against an appeal as the token that it is.
alter table tokens no force row level security;
with held as (
  select workspace_id, id, left(coalesce(nullif(lower(btrim(name)), ''), 'operator'), 200) as operator_name
  from tokens
  where user_id is null
    and scopes && array['operations:read', 'operations:write', 'directory:moderate', 'audit:read', 'operator']
), made as (
  insert into operators (id, name) select gen_random_uuid(), operator_name from (select distinct operator_name from held) as names
  returning id, name
)
update tokens set operator_id = made.id
from held join made on made.name = held.operator_name
where tokens.workspace_id = held.workspace_id and tokens.id = held.id;
alter table tokens force row level security;

-- Upkeep makes operators; the look-up of a token names one. Nobody changes or deletes one: the access log has its name.
alter table operators enable row level security;
alter table operators force row level security;
call open_to_upkeep('operators', 'select', 'insert');
create policy auth_select on operators for select to mainstay_auth using (true);
grant select on operators to mainstay_auth;

-- The server tells by it which tokens are a workspace's own; upkeep sees operators' tokens and no others, and no hash.
grant select (operator_id) on tokens to mainstay_server;
create policy upkeep_select on tokens for select to mainstay_upkeep using (operator_id is not null);
grant select (
    workspace_id, id, user_id, operator_id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at, locked_until, replaced_by)
  on tokens to mainstay_upkeep;

-- Who decided a case, beside the token by which it was done. Null where the release before this one decided it.
alter table agent_cases add column decided_by_operator uuid references operators (id);

-- As before, and without operators' tokens: they lie in the workspace and are not its own.
create or replace function export_page(target text, after_key text, most bigint) returns table (key text, line text)
  language plpgsql stable
  set search_path = pg_catalog, public
  set timezone = 'UTC' as $$
declare
  place oid := (
    select c.oid from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relname = target and target in (select public.export_tables()));
  column_list text;
  key_type text;
  owned text := case target
    when 'users' then 'true'
    -- One workspace: for several the order by id would be no index's, and each page would sort all that is left.
    when 'workspaces' then 'id = ((select public.mainstay_workspaces())::uuid[])[1]'
    when 'tokens' then 'workspace_id = ((select public.mainstay_workspaces())::uuid[])[1] and operator_id is null'
    else 'workspace_id = ((select public.mainstay_workspaces())::uuid[])[1]'
  end;
begin
  if place is null then
    raise exception '% is no table of workspaces', target;
  end if;
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
    max(case when a.attname = 'id' then format_type(a.atttypid, a.atttypmod) end)
  into column_list, key_type
  from pg_attribute a
  where a.attrelid = place and a.attnum > 0 and not a.attisdropped
    and has_column_privilege(a.attrelid, a.attnum, 'select') and a.atttypid <> 'bytea'::regtype
    and not (target = 'tokens' and a.attname = 'operator_id')
    and (a.attname = 'secret_places'
      or a.attname !~ '(^|_)(secrets?|hash|digest|passwords?|credentials?|signature|salt|keys?)(_|$)' and a.attname !~ '(^|_)token$');

  if key_type is null then
    if after_key is null then
      return query execute format(
        'select null::text, ''{"table":'' || to_json(%L::text) || '',"row":'' || to_jsonb(r) || ''}'' from (select %s from public.%I where %s) as r',
        target, column_list, target, owned);
    end if;
    return;
  end if;
  return query execute format(
    'select r.id::text, ''{"table":'' || to_json(%L::text) || '',"row":'' || to_jsonb(r) || ''}'' from ('
    'select %s from public.%I where %s and ($1 is null or id > $1::%s) order by id fetch first $2 rows with ties) as r order by r.id',
    target, column_list, target, owned, key_type) using after_key, most;
end
$$;
