-- The access log: who was let in, what they were given and what was taken from them. Append-only, in one chain of hashes.
--
-- It belongs to the installation and to no tenant, so it has no workspace_id: `workspace` says what an entry is about, may be null,
-- and stays when the workspace is gone. (The audit of jobs, accepted against finished, is another thing: it keeps no table.)
--
--   append_access_log ─ lock ─▶ entry n: fields of its own + hash of n-1 ─▶ SHA-256 ─▶ commit
--                                                  every now and then ─▶ checkpoint: (n, hash of n), signed outside of the database
--
-- A chain shows what was changed, put elsewhere or taken out of its middle; that its end was cut off, only a checkpoint shows.

create table access_log (
  -- 1, 2, 3, … without a gap: the number is taken under a lock that is held to the commit, and a rollback gives it back.
  sequence bigint primary key check (sequence > 0),
  at timestamptz not null,
  workspace uuid,
  actor_kind text not null check (actor_kind in ('token', 'operator', 'system')),
  -- A token's id; an operator's name; the part of the program that did it.
  actor text not null check (length(actor) between 1 and 400),
  action text not null constraint access_log_action check (action in (
    'token.made', 'token.revoked', 'token.rotated', 'token.locked', 'token.unlocked',
    'member.joined', 'member.left', 'member.role_changed',
    'workspace.made', 'workspace.ownership_moved', 'workspace.deleted', 'workspace.restored',
    'agent.published', 'agent.taken_back', 'agent.quarantined', 'agent.released',
    'dead_letter.replayed', 'dead_letter.discarded', 'queue.paused', 'queue.resumed',
    'access.suspicious')),
  -- What it was done to: a kind, a colon, an id or name.
  subject text not null check (length(subject) between 1 and 400),
  -- Texts by plain names and nothing else, so that a hash of them hangs on nobody's way to print JSON.
  details jsonb not null constraint access_log_details check (
    jsonb_typeof(details) = 'object' and octet_length(details::text) <= 16384
    and not jsonb_path_exists(details, 'strict $.keyvalue() ? (@.value.type() != "string" || !(@.key like_regex "^[a-z][a-z0-9_]{0,62}$"))')),
  previous_hash bytea not null check (length(previous_hash) = 32),
  hash bytea not null check (length(hash) = 32)
);

-- What an observer keeps of the log to see later that it was not cut: the number and hash of an entry at a moment. Signed by
-- whoever has the key, which the database has not; without a signature it proves nothing against those who may change its rows.
create table access_log_checkpoints (
  sequence bigint primary key check (sequence > 0),
  hash bytea not null check (length(hash) = 32),
  at timestamptz not null,
  key_id text check (key_id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  signature bytea check (length(signature) = 32),
  check ((key_id is null) = (signature is null))
);

-- Nobody changes what is written: no owner, no superuser, and no statement that finds nothing to change. `always`, for
-- session_replication_role would pass by an ordinary trigger.
create function refuse_access_log_change() returns trigger
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  raise exception '% only grows: % is refused', tg_table_name, lower(tg_op) using errcode = '42501';
end
$$;
create trigger access_log_only_grows before update or delete or truncate on access_log
  for each statement execute function refuse_access_log_change();
create trigger access_log_checkpoints_only_grow before update or delete or truncate on access_log_checkpoints
  for each statement execute function refuse_access_log_change();
alter table access_log enable always trigger access_log_only_grows;
alter table access_log_checkpoints enable always trigger access_log_checkpoints_only_grow;

-- Upkeep reads. The functions below write, with the rights of the owner, whom the policies bind as well.
alter table access_log enable row level security;
alter table access_log force row level security;
alter table access_log_checkpoints enable row level security;
alter table access_log_checkpoints force row level security;
create policy owner_select on access_log for select to mainstay_owner using (true);
create policy owner_insert on access_log for insert to mainstay_owner with check (true);
create policy owner_select on access_log_checkpoints for select to mainstay_owner using (true);
create policy owner_insert on access_log_checkpoints for insert to mainstay_owner with check (true);
call open_to_upkeep('access_log', 'select');
call open_to_upkeep('access_log_checkpoints', 'select');

-- What is hashed, field by field. Each field is a frame: its length in 4 bytes (most significant first), then its bytes; a field
-- that is absent is the length -1 and no bytes. Numbers are 8 bytes, most significant first; texts are UTF-8.
--
--    1  form            the text `mainstay access log 1`
--    2  sequence        a number
--    3  at              a number: microseconds since 1970-01-01T00:00:00Z
--    4  workspace       the 16 bytes of the UUID, or absent
--    5  actor's kind    a text
--    6  actor           a text
--    7  action          a text
--    8  subject         a text
--    9  details         the number of members in 4 bytes, then for each, in the order of their names' bytes: name and value, two frames
--   10  previous hash   the 32 bytes of the entry before; 32 zeros in entry 1
create function access_log_frame(field bytea) returns bytea
  language sql immutable parallel safe
  return int4send(coalesce(length(field), -1)) || coalesce(field, ''::bytea);

create function access_log_bytes(entry access_log) returns bytea
  language sql stable parallel safe
  return access_log_frame(convert_to('mainstay access log 1', 'UTF8'))
    || access_log_frame(int8send((entry).sequence))
    || access_log_frame(int8send((extract(epoch from (entry).at) * 1000000)::bigint))
    || access_log_frame(uuid_send((entry).workspace))
    || access_log_frame(convert_to((entry).actor_kind, 'UTF8'))
    || access_log_frame(convert_to((entry).actor, 'UTF8'))
    || access_log_frame(convert_to((entry).action, 'UTF8'))
    || access_log_frame(convert_to((entry).subject, 'UTF8'))
    || access_log_frame((
      select int4send(count(*)::integer) || coalesce(
        string_agg(
          access_log_frame(convert_to(member.key, 'UTF8')) || access_log_frame(convert_to(member.value, 'UTF8')), ''::bytea
          order by member.key collate "C"),
        ''::bytea)
      from jsonb_each_text((entry).details) as member))
    || access_log_frame((entry).previous_hash);

-- The one way into the log, for a transaction of any scope: the entry is there if and only if what it tells of is. Whoever appends
-- lets the next one wait until its commit, so it should be the last that a transaction does.
create function append_access_log(about uuid, by_kind text, by_whom text, what text, to_what text, more jsonb) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
declare
  entry public.access_log;
begin
  perform pg_advisory_xact_lock(hashtext('mainstay.access_log'));
  -- A statement of its own, after the lock: it sees what the last one has committed. (Under a snapshot of the whole transaction it
  -- would not, and the key refuses the number that is taken.)
  select l.sequence + 1, l.hash into entry.sequence, entry.previous_hash from public.access_log l order by l.sequence desc limit 1;
  if entry.sequence is null then
    entry.sequence := 1;
    entry.previous_hash := decode(repeat('00', 32), 'hex');
  end if;
  entry.at := public.mainstay_now();
  entry.workspace := about;
  entry.actor_kind := by_kind;
  entry.actor := by_whom;
  entry.action := what;
  entry.subject := to_what;
  entry.details := more;
  entry.hash := sha256(public.access_log_bytes(entry));
  insert into public.access_log select entry.*;
  return entry.sequence;
end
$$;

-- Keeps a checkpoint of an entry that is there. Two processes may want the same one: false for the second.
create function append_access_log_checkpoint(numbered bigint, hashed bytea, microseconds bigint, signer text, code bytea) returns boolean
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
begin
  if not exists (select 1 from public.access_log l where l.sequence = numbered and l.hash = hashed) then
    raise exception 'the access log has no entry % with that hash', numbered using errcode = '23503';
  end if;
  insert into public.access_log_checkpoints (sequence, hash, at, key_id, signature)
  values (numbered, hashed, timestamptz 'epoch' + microseconds * interval '1 microsecond', signer, code)
  on conflict (sequence) do nothing;
  return found;
end
$$;

revoke execute on function refuse_access_log_change(), access_log_frame(bytea), access_log_bytes(access_log) from public;
revoke execute on function append_access_log(uuid, text, text, text, text, jsonb) from public;
revoke execute on function append_access_log_checkpoint(bigint, bytea, bigint, text, bytea) from public;
grant execute on function append_access_log(uuid, text, text, text, text, jsonb) to mainstay_server, mainstay_upkeep, mainstay_auth;
grant execute on function append_access_log_checkpoint(bigint, bytea, bigint, text, bytea) to mainstay_upkeep;

-- A token that was used in a way that looks like an attack is refused until then. It is no revocation: it ends by itself, and an
-- operator may end it earlier.
alter table tokens add column locked_until timestamptz;
grant select (locked_until), update (locked_until) on tokens to mainstay_server;
grant select (locked_until) on tokens to mainstay_views;
