-- A workspace that is deleted takes what it published out of the directory at once, and brings it back when it is restored.
--
-- Beside the status and not one: what operators have decided, or decide meanwhile, goes on counting.
--
-- Corrected since: the function below is new here. Databases that ran the text without it get it by 0052.
-- corrects de7a32baa1d4cf456b17e0d7738a59ca02e8b5059d4652a648bbd28e3b75adaa

-- With a text for a body: from 15.20 on PostgreSQL alters no table whose rows a parsed body takes.
create or replace function listing_entry(p published_agents) returns listing_index
  language sql immutable parallel safe as $$
  select row(
    p.listing_id, p.owner, p.status, p.updated_at, public.folded_agent_name(p.name), lower(left(p.display_name, 200)),
    case
      when lower(p.display_name) = replace(p.name, '-', ' ') then lower(p.display_name)
      else replace(p.name, '-', ' ') || ' ' || lower(left(p.display_name, 200))
    end,
    public.listing_tags(p.topics), public.listing_plugins(p.plugins),
    public.listing_words(p.owner, p.name, p.display_name, p.topics, p.summary, public.listing_plugins(p.plugins))
  )::public.listing_index
$$;

-- Before the listings: whoever publishes reads them in this order.
alter table workspaces no force row level security;
-- Its workspace is deleted.
alter table published_agents add column is_withdrawn boolean not null default false;

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
  if new.is_withdrawn or new.status not in ('active', 'deprecated') then
    delete from public.listing_index where listing_id = new.listing_id;
    return null;
  end if;
  entry := public.listing_entry(new);
  insert into public.listing_index values (entry.*)
  on conflict (listing_id) do update set
    owner = excluded.owner, status = excluded.status, updated_at = excluded.updated_at, folded_name = excluded.folded_name,
    title = excluded.title, search_name = excluded.search_name, tags = excluded.tags, plugin_names = excluded.plugin_names,
    search = excluded.search;
  insert into public.name_words (word) select word from unnest(public.words_of_name(entry.search_name)) as word on conflict do nothing;
  return null;
end
$$;
drop trigger published_agents_reindexed on published_agents;
create trigger published_agents_reindexed
  after update of owner, name, display_name, summary, topics, plugins, status, updated_at, is_withdrawn
  on published_agents for each row execute function index_listing();

-- As whoever deletes: the rows are those of a workspace that it may change.
create function withdraw_listings() returns trigger
  language plpgsql
  set search_path = pg_catalog, public, pg_temp as $$
begin
  update public.published_agents set is_withdrawn = new.deleted_at is not null
  where workspace_id = new.id and is_withdrawn <> (new.deleted_at is not null);
  return null;
end
$$;
create trigger workspaces_listings after update of deleted_at on workspaces
  for each row when ((old.deleted_at is null) <> (new.deleted_at is null)) execute function withdraw_listings();

-- A publication that comes beside the deletion: it waits for it, or the deletion waits and finds the listing.
create function withdraw_late_listing() returns trigger
  language plpgsql
  set search_path = pg_catalog, public, pg_temp as $$
declare
  is_deleted boolean;
begin
  select deleted_at is not null into is_deleted from public.workspaces where id = new.workspace_id for share;
  new.is_withdrawn := coalesce(is_deleted, false);
  return new;
end
$$;
create trigger published_agents_late before insert on published_agents for each row execute function withdraw_late_listing();

-- Of workspaces that were deleted before.
alter table published_agents no force row level security;
update published_agents p set is_withdrawn = true from workspaces w where w.id = p.workspace_id and w.deleted_at is not null;
alter table published_agents force row level security;
alter table workspaces force row level security;
