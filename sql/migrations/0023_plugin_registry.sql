-- The plugin registry: what is known of plugins, whoever names them. (The table `plugins` is something else: which plugins a
-- version of an agent names.)
--
-- None of it belongs to a tenant. Everyone reads it, upkeep alone writes it, when an operator imports the registry's files.
-- Nothing is ever deleted: agents go on naming a plugin that has left the registry, and whoever forks them has to be told.

create table plugin_records (
  -- The name of its package, with its scope: `@elizaos/plugin-x`.
  name text primary key check (length(name) between 1 and 214),
  owner text not null,
  repository text not null,
  description text,
  homepage text,
  topics text[] not null default '{}',
  language text,
  stars integer check (stars >= 0),
  license text,
  -- The lines of the platform that it supports, as the registry says; null where the registry says nothing, which is not none.
  lines text[] check (lines <@ array['v0', 'v1', 'v2']),
  -- As it was judged at the import, with the sentence why. From stale_from on it is stale by the passing of time alone; null where
  -- time changes nothing. Whoever asks for the signal asks for
  -- `case when stale_from <= mainstay_now() then 'stale' else maintenance end`.
  maintenance text not null check (maintenance in ('maintained', 'stale', 'gone', 'unknown')),
  maintenance_reason text not null,
  stale_from timestamptz,
  -- Null while nobody knows: a registry that was read once says that a plugin is there, and not since when.
  last_updated_at timestamptz,
  -- By the registry's own date; never changes, so pages can be cut at it.
  first_seen_at timestamptz not null,
  -- By the date of the first registry that no longer had it.
  gone_at timestamptz,
  -- SHA-256 of the files that this row was last written from, and when that was.
  source_digest bytea not null check (length(source_digest) = 32),
  imported_at timestamptz not null default mainstay_now(),
  check ((gone_at is not null) = (maintenance = 'gone'))
);
create index plugin_records_newest on plugin_records (first_seen_at desc, name);
alter table plugin_records enable row level security;
alter table plugin_records force row level security;
create policy everyone_select on plugin_records for select
  to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views using (true);
grant select on plugin_records to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;
call open_to_upkeep('plugin_records', 'insert', 'update');

-- Releases that a registry has named at some time. A registry names the newest of each line; the earlier ones stay, for agents
-- go on asking for them.
create table plugin_releases (
  plugin text not null references plugin_records (name),
  version text not null check (length(version) between 1 and 128),
  -- Where the registry lists it, which is the release's own generation. With which versions of the core it works says core_range.
  line text not null check (line in ('v0', 'v1', 'v2')),
  -- As written: it may be a word that is no range, such as `latest`.
  core_range text check (length(core_range) <= 256),
  -- In the package registry, and not only as a tag in its repository.
  published boolean not null,
  -- Named by the registry that was imported last.
  is_current boolean not null,
  first_seen_at timestamptz not null,
  primary key (plugin, version)
);
alter table plugin_releases enable row level security;
alter table plugin_releases force row level security;
create policy everyone_select on plugin_releases for select
  to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views using (true);
grant select on plugin_releases to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;
call open_to_upkeep('plugin_releases', 'insert', 'update');

-- One row an import, also one that changed nothing: how old what is shown is, and whether a file is older than what is known.
create table plugin_imports (
  id uuid primary key,
  source_digest bytea not null check (length(source_digest) = 32),
  -- The date that the registry bears; null where its files bear none.
  registry_at timestamptz,
  added integer not null,
  changed integer not null,
  unchanged integer not null,
  gone integer not null,
  refused integer not null,
  imported_at timestamptz not null default mainstay_now()
);
alter table plugin_imports enable row level security;
alter table plugin_imports force row level security;
create policy everyone_select on plugin_imports for select
  to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views using (true);
grant select on plugin_imports to mainstay_server, mainstay_upkeep, mainstay_auth, mainstay_views;
call open_to_upkeep('plugin_imports', 'insert');

create view reporting.plugin_records as
  select
    r.name, r.owner, r.repository, r.description, r.topics, r.language, r.stars, r.license, r.lines,
    case when r.stale_from <= clock_timestamp() + o.amount then 'stale' else r.maintenance end as maintenance,
    r.last_updated_at, r.first_seen_at, r.gone_at, r.imported_at
  from plugin_records r, time_offset o;

create view reporting.plugin_releases as
  select plugin, version, line, core_range, published, is_current, first_seen_at from plugin_releases;

create view reporting.plugin_imports as
  select id, registry_at, added, changed, unchanged, gone, refused, imported_at from plugin_imports;

do $$
declare
  view_name text;
begin
  foreach view_name in array array['plugin_records', 'plugin_releases', 'plugin_imports'] loop
    execute format('alter view reporting.%I owner to mainstay_views', view_name);
    execute format('grant select on reporting.%I to mainstay_reporting', view_name);
  end loop;
end
$$;
