-- Who stands behind an owner, as operators have verified it. The word is on the workspace and not on its slug: whoever gets a name that
-- was another's does not get that with it, and it ends with the workspace.

-- At once and in the order of those who delete a workspace: they change its listings behind it, and what search reads of those.
lock table workspaces in share row exclusive mode;
lock table listing_index in access exclusive mode;

-- One row an act of verifying. It holds until it is withdrawn, by itself or for another one, and stays after that with the reason.
create table owner_verifications (
  workspace_id uuid not null references workspaces (id),
  -- Version 7: the order in which they came.
  id uuid not null,
  name text not null check (length(name) between 1 and 100),
  site text check (length(site) <= 512 and site ~ '^https://'),
  verified_at timestamptz not null default mainstay_now(),
  verified_by_token uuid not null,
  -- Null for a token that is no operator's.
  verified_by_operator uuid references operators (id),
  withdrawn_at timestamptz,
  withdrawn_by_token uuid,
  withdrawn_by_operator uuid references operators (id),
  -- For the owner and for operators. Null where another verification took its place.
  withdrawn_reason text check (length(withdrawn_reason) between 1 and 500),
  primary key (workspace_id, id),
  check ((withdrawn_at is null) = (withdrawn_by_token is null)),
  check (withdrawn_at is not null or num_nonnulls(withdrawn_by_operator, withdrawn_reason) = 0)
);
create unique index owner_verifications_held on owner_verifications (workspace_id) where withdrawn_at is null;

alter table owner_verifications enable row level security;
alter table owner_verifications force row level security;
-- What holds is public, as published copies are; what does not any more is the workspace's own. (The owner of the tables reads it for
-- listing_index.)
create policy everyone_select on owner_verifications for select
  to mainstay_owner, mainstay_server using (withdrawn_at is null);
create policy server_select on owner_verifications for select to mainstay_server
  using (workspace_id = any ((select mainstay_workspaces())::uuid[]));
grant select (workspace_id, id, name, site, verified_at, withdrawn_at, withdrawn_reason) on owner_verifications
  to mainstay_server;
call open_to_upkeep('owner_verifications', 'select', 'insert');
-- Operators withdraw one, and change nothing else of it.
create policy upkeep_update on owner_verifications for update to mainstay_upkeep using (withdrawn_at is null) with check (withdrawn_at is not null);
grant update (withdrawn_at, withdrawn_by_token, withdrawn_by_operator, withdrawn_reason) on owner_verifications to mainstay_upkeep;
call open_to_purge('owner_verifications');

-- Search narrows by it, so it stands in the narrow rows as well. Whoever verifies an owner or takes that back touches its listings, and
-- the trigger writes them anew.
alter table listing_index add column is_verified boolean not null default false;

-- As before, and with what is known of the owner: so it hangs on more than its row.
create or replace function listing_entry(p published_agents) returns listing_index
  language sql stable parallel safe as $$
  select row(
    p.listing_id, p.owner, p.status, p.updated_at, public.folded_agent_name(p.name), lower(left(p.display_name, 200)),
    case
      when lower(p.display_name) = replace(p.name, '-', ' ') then lower(p.display_name)
      else replace(p.name, '-', ' ') || ' ' || lower(left(p.display_name, 200))
    end,
    public.listing_tags(p.topics), public.listing_plugins(p.plugins),
    public.listing_words(p.owner, p.name, p.display_name, p.topics, p.summary, public.listing_plugins(p.plugins)),
    exists (select 1 from public.owner_verifications v where v.workspace_id = p.workspace_id and v.withdrawn_at is null)
  )::public.listing_index
$$;

create or replace function index_listing() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
declare
  entry public.listing_index;
begin
  if tg_op = 'DELETE' then
    delete from public.listing_index where listing_id = old.listing_id;
    return null;
  end if;
  -- A new row is none that who verifies its owner at this moment could touch: that one waits for this transaction, or this one for it and
  -- sees what it wrote.
  if tg_op = 'INSERT' then
    perform pg_advisory_xact_lock_shared(hashtext('mainstay.verification'), uuid_hash(new.workspace_id));
  end if;
  if new.is_withdrawn or new.status not in ('active', 'deprecated') then
    delete from public.listing_index where listing_id = new.listing_id;
    return null;
  end if;
  entry := public.listing_entry(new);
  insert into public.listing_index values (entry.*)
  on conflict (listing_id) do update set
    owner = excluded.owner, status = excluded.status, updated_at = excluded.updated_at, folded_name = excluded.folded_name,
    title = excluded.title, search_name = excluded.search_name, tags = excluded.tags, plugin_names = excluded.plugin_names,
    search = excluded.search, is_verified = excluded.is_verified;
  insert into public.name_words (word) select word from unnest(public.words_of_name(entry.search_name)) as word on conflict do nothing;
  return null;
end
$$;
