-- The directory as a product: search, versions that stay, statuses, names that nobody else gets, lineage.

-- Trusted: the owner of the database may make it.
create extension if not exists pg_trgm;

-- Search

-- A listing's topics as they are filtered by: in lower case, each once. What is too long for an index is no tag.
create function listing_tags(topics text[]) returns text[]
  language sql immutable parallel safe
  return (
    select coalesce(array_agg(distinct tag order by tag), '{}')
    from (select lower(btrim(topic)) as tag from unnest(topics[1:50]) as topic) as written
    where length(tag) between 1 and 64);

-- The names of a listing's plugins, each once.
create function listing_plugins(plugins jsonb) returns text[]
  language sql immutable parallel safe
  return (
    select coalesce(array_agg(distinct plugin order by plugin), '{}')
    from (
      select left(element ->> 'name', 214) as plugin
      from jsonb_array_elements(case jsonb_typeof(plugins) when 'array' then plugins else '[]' end) as element
      limit 100
    ) as written
    where plugin <> '');

-- What a listing is found by. A: owner, name, title, and the name written together. B: topics. C: summary. D: plugins, whole and in parts.
-- Names and topics are there unstemmed as well, for words that the English dictionary leaves out (`The Who`).
create function listing_words(owner text, name text, display_name text, topics text[], summary text, plugins text[]) returns tsvector
  language sql immutable parallel safe
  return
    setweight(to_tsvector('simple', owner || ' ' || name || ' ' || left(display_name, 200)), 'A')
    || setweight(to_tsvector('english', owner || ' ' || name || ' ' || left(display_name, 200)), 'A')
    || setweight(to_tsvector('english', case when strpos(name, '-') > 0 then replace(name, '-', '') else '' end), 'A')
    || setweight(to_tsvector('simple', left(array_to_string(topics[1:50], ' '), 4000)), 'B')
    || setweight(to_tsvector('english', left(array_to_string(topics[1:50], ' '), 4000)), 'B')
    || setweight(to_tsvector('english', left(summary, 2000)), 'C')
    || setweight(to_tsvector('english', left(array_to_string(plugins, ' ') || ' ' || translate(array_to_string(plugins, ' '), '@/', '  '), 8000)), 'D');

-- What somebody typed, as a question to listing_words. Immutable, so that the planner knows the words when it chooses how to look.
create function directory_query(typed text) returns tsquery
  language sql immutable parallel safe strict
  return case
    when numnode(websearch_to_tsquery('english', typed)) > 0 then websearch_to_tsquery('english', typed)
    else websearch_to_tsquery('simple', typed)
  end;

-- A name as the eye takes it: no hyphens, 0 for o, 1 for l, rn for m. Two names with one folded form are taken for each other.
create function folded_agent_name(name text) returns text
  language sql immutable parallel safe strict
  return replace(translate(replace(name, '-', ''), '01', 'ol'), 'rn', 'm');

-- One of four, with a reason for people. Deprecated is still found and forked; quarantined is shown without its document, not found and
-- not forked; removed is gone but for its reason.
alter table published_agents
  -- What was published before: `1.0.0`. By the default and not by an update, which would write every row and its indexes once more.
  add column semantic_version text default '1.0.0' check (length(semantic_version) <= 255),
  add column status text not null default 'active' check (status in ('active', 'deprecated', 'quarantined', 'removed')),
  add column status_reason text check (length(status_reason) between 1 and 500),
  add column status_changed_at timestamptz,
  -- `owner/name` of another owner's agent that the name could be taken for, as it was when the name was first published.
  add column looks_like text,
  -- Where the agent came from, nearest first: [{"owner": …, "name": …, "version": …, "agent": …}], at most 32.
  add column lineage jsonb not null default '[]';

create index published_agents_agent on published_agents (agent_id);

-- Forks, counted as they are made. A row for every agent that was ever listed or forked; `listing_id` while it is listed, so that the
-- most forked are read in the order of one index. Apart from published_agents, whose many indexes a change of a count would touch.
create table fork_counts (
  agent_id uuid primary key,
  forks bigint not null default 0 check (forks >= 0),
  listing_id uuid
);
-- The count of a listing, without its row.
create unique index fork_counts_listing on fork_counts (listing_id) include (forks);
create index fork_counts_most on fork_counts (forks, listing_id) where listing_id is not null;

-- (The owner's own writes are subject to policies too; these tables have none for it.)
alter table agents no force row level security;
alter table published_agents no force row level security;

insert into fork_counts (agent_id, forks)
  select forked_from_agent, count(*) from agents where forked_from_agent is not null group by forked_from_agent;
insert into fork_counts (agent_id, listing_id)
  select agent_id, listing_id from published_agents
  on conflict (agent_id) do update set listing_id = excluded.listing_id;

alter table fork_counts enable row level security;
alter table fork_counts force row level security;
create policy everyone_select on fork_counts for select
  to mainstay_owner, mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views using (true);
-- Only the two functions below write, as their owner.
create policy owner_insert on fork_counts for insert to mainstay_owner with check (true);
create policy owner_update on fork_counts for update to mainstay_owner using (true) with check (true);
grant select on fork_counts to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;

create function count_fork() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into public.fork_counts (agent_id, forks) values (new.forked_from_agent, 1)
    on conflict (agent_id) do update set forks = fork_counts.forks + 1;
  else
    update public.fork_counts set forks = greatest(forks - 1, 0) where agent_id = old.forked_from_agent;
  end if;
  return null;
end
$$;

create function count_listing() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into public.fork_counts (agent_id, listing_id) values (new.agent_id, new.listing_id)
    on conflict (agent_id) do update set listing_id = excluded.listing_id;
  else
    update public.fork_counts set listing_id = null where agent_id = old.agent_id and listing_id = old.listing_id;
  end if;
  return null;
end
$$;
revoke execute on function count_fork() from public;
revoke execute on function count_listing() from public;

-- At the commit, so that those who fork one agent at the same time wait for each other's commit and not for each other's work.
create constraint trigger agents_fork_made after insert on agents deferrable initially deferred
  for each row when (new.forked_from_agent is not null) execute function count_fork();
create constraint trigger agents_fork_gone after delete on agents deferrable initially deferred
  for each row when (old.forked_from_agent is not null) execute function count_fork();
create trigger published_agents_counted after insert or delete on published_agents
  for each row execute function count_listing();

-- What search reads of the listings that are found: narrow rows, for a search looks at hundreds, and rows of published_agents are three
-- times as wide. Kept by a trigger, so that it is what the listing is, whoever writes that.
create table listing_index (
  listing_id uuid primary key,
  owner text not null,
  status text not null,
  updated_at timestamptz not null,
  folded_name text not null,
  title text not null,
  -- Name and title with blanks, what is compared letter by letter with what was typed.
  search_name text not null,
  tags text[] not null,
  plugin_names text[] not null,
  search tsvector not null
);

-- Every word that was in a name or title, to find the one that a typo was meant to be. A word stays when the last agent that was called by
-- it has gone: it leads to nothing then.
create table name_words (
  word text primary key check (length(word) between 3 and 64)
);

create function listing_entry(p published_agents) returns listing_index
  language sql immutable parallel safe
  return row(
    p.listing_id, p.owner, p.status, p.updated_at, folded_agent_name(p.name), lower(left(p.display_name, 200)),
    case
      when lower(p.display_name) = replace(p.name, '-', ' ') then lower(p.display_name)
      else replace(p.name, '-', ' ') || ' ' || lower(left(p.display_name, 200))
    end,
    listing_tags(p.topics), listing_plugins(p.plugins),
    listing_words(p.owner, p.name, p.display_name, p.topics, p.summary, listing_plugins(p.plugins))
  )::listing_index;

-- The words of a name, each once, in an order: who writes several waits for others in that order, and never in a circle.
create function words_of_name(search_name text) returns text[]
  language sql immutable parallel safe
  return (
    select coalesce(array_agg(distinct word order by word), '{}')
    from regexp_split_to_table(lower(search_name), '[^[:alnum:]]+') as word where length(word) between 3 and 64);

insert into listing_index
  select (entry).* from (
    select listing_entry(p) as entry from published_agents p where p.status in ('active', 'deprecated') order by p.listing_id offset 0
  ) as entries;
insert into name_words select distinct word from listing_index cross join unnest(words_of_name(search_name)) as word;

-- What is searched by is put into its place when it is written (no fastupdate): else every search reads a list of what is still to be put.
create index listing_index_search on listing_index using gin (search) with (fastupdate = off);
create index listing_index_tags on listing_index using gin (tags) with (fastupdate = off);
create index listing_index_plugin_names on listing_index using gin (plugin_names) with (fastupdate = off);
create index listing_index_folded_like on listing_index using gin (folded_name gin_trgm_ops) with (fastupdate = off);
create index listing_index_folded on listing_index (folded_name);
-- Names that come near each other are about as long.
create index listing_index_length on listing_index (length(folded_name));
create index listing_index_title on listing_index (title);
create index listing_index_owner on listing_index (owner, listing_id);
create index listing_index_updated on listing_index (updated_at, listing_id);
create index name_words_like on name_words using gin (word gin_trgm_ops) with (fastupdate = off);

alter table listing_index enable row level security;
alter table listing_index force row level security;
alter table name_words enable row level security;
alter table name_words force row level security;
create policy everyone_select on listing_index for select
  to mainstay_owner, mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views using (true);
create policy everyone_select on name_words for select
  to mainstay_owner, mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views using (true);
-- Only the function below writes, as their owner.
create policy owner_insert on listing_index for insert to mainstay_owner with check (true);
create policy owner_update on listing_index for update to mainstay_owner using (true) with check (true);
create policy owner_delete on listing_index for delete to mainstay_owner using (true);
create policy owner_insert on name_words for insert to mainstay_owner with check (true);
grant select on listing_index, name_words to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;

create function index_listing() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
declare
  entry public.listing_index;
begin
  if tg_op = 'DELETE' then
    delete from public.listing_index where listing_id = old.listing_id;
    return null;
  end if;
  if new.status not in ('active', 'deprecated') then
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
revoke execute on function index_listing() from public;
create trigger published_agents_indexed after insert or delete on published_agents for each row execute function index_listing();
create trigger published_agents_reindexed after update of owner, name, display_name, summary, topics, plugins, status, updated_at
  on published_agents for each row execute function index_listing();

-- What a question asks for beside words. Put into a query as it is, so that the planner sees what is not asked for.
create function listing_fits(
    tags text[], plugin_names text[], owner text, status text, updated_at timestamptz,
    wanted_tag text, wanted_plugin text, wanted_owner text, wanted_status text, wanted_since timestamptz) returns boolean
  language sql immutable parallel safe
  return (wanted_tag is null or tags @> array[wanted_tag]) and (wanted_plugin is null or plugin_names @> array[wanted_plugin])
    and (wanted_owner is null or owner = wanted_owner) and (wanted_status is null or status = wanted_status)
    and (wanted_since is null or updated_at >= wanted_since);

-- Words of names that a word may have been meant to be, the likest first. A wrong letter costs 3 of the n + 1 trigrams of n letters, two
-- that changed places cost 4: with so many `slips` the index is asked, and with the next ones where it finds nothing. The more letters,
-- the likelier has the word to be, and the fewer come into question; never less than `floor`.
create function near_name_words(typed text, slips integer[], floor real, most integer) returns table (near text, likeness real)
  language plpgsql volatile as $$
declare
  trigrams real := cardinality(show_trgm(typed));
  slip integer;
begin
  foreach slip in array slips loop
    perform set_config('pg_trgm.similarity_threshold', greatest(floor, (trigrams - slip) / (trigrams + slip) - 0.001)::text, true);
    return query
      select w.word, similarity(w.word, typed) as how_like from name_words w where w.word % typed and w.word <> typed
      order by how_like desc, w.word limit most;
    if found then
      return;
    end if;
  end loop;
end
$$;

-- Versions

-- Every publication, for ever: what a version said cannot be changed, nor taken away without the agent itself. Who reads them asks for the
-- listing first: an agent that is listed no more shows none.
create table published_versions (
  workspace_id uuid not null,
  -- Version 7: the order of publication.
  id uuid not null,
  agent_id uuid not null,
  version text not null check (length(version) between 5 and 255),
  -- The version as a text that sorts, byte by byte, as semantic versions do. Two that differ in their build alone are one.
  precedence text collate "C" not null,
  prerelease boolean not null,
  -- Of the agent's own history; see agent_versions.
  number integer not null check (number > 0),
  -- The slug of the workspace that published it.
  publisher text not null,
  digest bytea not null check (length(digest) = 32),
  shape text not null check (shape in ('v0', 'v1', 'v2')),
  secret_places text[] not null default '{}',
  character jsonb not null check (character_has_no_secrets(character)),
  changelog text not null default '',
  published_at timestamptz not null default mainstay_now(),
  primary key (workspace_id, id),
  unique (workspace_id, agent_id, precedence),
  foreign key (workspace_id, agent_id) references agents (workspace_id, id) on delete cascade
);
create index published_versions_number on published_versions (agent_id, number);
call open_to_purge('published_versions');

insert into published_versions (workspace_id, id, agent_id, version, precedence, prerelease, number, publisher, digest, shape, secret_places,
    character, changelog, published_at)
  select p.workspace_id, p.listing_id, p.agent_id, '1.0.0', 'a1a0a0~', false, p.version, p.owner, p.digest, p.shape, p.secret_places,
    p.character, coalesce(v.changelog, ''), p.updated_at
  from published_agents p
  left join agent_versions v on v.workspace_id = p.workspace_id and v.agent_id = p.agent_id and v.number = p.version;
alter table published_agents alter column semantic_version drop default;

alter table published_versions enable row level security;
alter table published_versions force row level security;
create policy everyone_select on published_versions for select
  to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views using (true);
create policy server_insert on published_versions for insert to mainstay_server with check (
  workspace_id = any ((select mainstay_workspaces())::uuid[])
  and publisher = (select slug from workspaces where workspaces.id = published_versions.workspace_id));
grant select on published_versions to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;
grant insert on published_versions to mainstay_server;

-- Names

-- Names that were public and are free: an agent was renamed, unpublished, deleted, or its workspace was. A row stays for ever, also when
-- the workspace has gone, and so it is no tenant's. While its agent is listed under another name, the old one leads there; while the
-- name itself is listed again, the row says nothing.
create table reserved_names (
  owner text not null,
  name text not null,
  folded_name text not null generated always as (folded_agent_name(name)) stored,
  -- The workspace that published it, which alone may take it back: another one may have the slug by then.
  publisher_id uuid not null,
  agent_id uuid not null,
  -- It was given up in quarantine or after its removal: nobody gets it, its publisher neither.
  barred boolean not null default false,
  reserved_at timestamptz not null default mainstay_now(),
  primary key (owner, name)
);
create index reserved_names_folded on reserved_names (folded_name);
alter table reserved_names enable row level security;
alter table reserved_names force row level security;
create policy everyone_select on reserved_names for select
  to mainstay_owner, mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views using (true);
-- Only the function below writes, as its owner: who frees a name reserves it, and nobody reserves one that was not public.
create policy owner_insert on reserved_names for insert to mainstay_owner with check (true);
create policy owner_update on reserved_names for update to mainstay_owner using (true) with check (true);
grant select on reserved_names to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;

-- By whatever way a name becomes free.
create function reserve_freed_name() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into public.reserved_names (owner, name, publisher_id, agent_id, barred)
  values (old.owner, old.name, old.workspace_id, old.agent_id, old.status in ('quarantined', 'removed'))
  on conflict (owner, name) do update set
    publisher_id = excluded.publisher_id, agent_id = excluded.agent_id, barred = reserved_names.barred or excluded.barred,
    reserved_at = excluded.reserved_at;
  return null;
end
$$;
revoke execute on function reserve_freed_name() from public;
create trigger published_agents_freed after delete on published_agents for each row execute function reserve_freed_name();
create trigger published_agents_renamed after update on published_agents
  for each row when (old.owner <> new.owner or old.name <> new.name) execute function reserve_freed_name();

-- Statuses

-- Operators set any status, and nothing else of a listing.
create policy upkeep_update on published_agents for update to mainstay_upkeep using (true) with check (true);
grant update (status, status_reason, status_changed_at, updated_at) on published_agents to mainstay_upkeep;

create function guard_listing() returns trigger
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  if old.status is distinct from new.status and current_user = 'mainstay_server'
    and (old.status in ('quarantined', 'removed') or new.status in ('quarantined', 'removed'))
  then
    raise exception 'the status % of a listing is not its owner''s to change into %', old.status, new.status
      using errcode = '42501', hint = 'quarantined and removed are set and lifted by operators';
  end if;
  -- The release before this one publishes without a semantic version: then none is known, until the next publication.
  if old.digest <> new.digest and new.semantic_version is not distinct from old.semantic_version then
    new.semantic_version := null;
  end if;
  return new;
end
$$;
create trigger published_agents_guarded before update on published_agents for each row execute function guard_listing();

-- Lineage

alter table agents add column lineage jsonb not null default '[]';

-- For forks that were made before: as far as the chain can still be followed.
with recursive chain as (
  select workspace_id, id, 1 as depth, forked_from_agent as origin,
    jsonb_build_array(jsonb_build_object(
      'owner', forked_from_owner, 'name', forked_from_name, 'version', forked_from_version, 'agent', forked_from_agent)) as lineage
  from agents where forked_from_agent is not null
  union all
  select c.workspace_id, c.id, c.depth + 1, a.forked_from_agent,
    c.lineage || jsonb_build_object(
      'owner', a.forked_from_owner, 'name', a.forked_from_name, 'version', a.forked_from_version, 'agent', a.forked_from_agent)
  from chain c join agents a on a.id = c.origin
  where a.forked_from_agent is not null and c.depth < 32
), longest as (
  select distinct on (workspace_id, id) workspace_id, id, lineage from chain order by workspace_id, id, depth desc
)
update agents a set lineage = l.lineage from longest l where l.workspace_id = a.workspace_id and l.id = a.id;
update published_agents p set lineage = a.lineage from agents a
  where a.workspace_id = p.workspace_id and a.id = p.agent_id and a.forked_from_agent is not null;

alter table agents force row level security;
alter table published_agents force row level security;
