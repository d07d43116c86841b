-- Names that are taken for others, beyond those of agents: slugs of workspaces, which are the owners in addresses, and titles of listings.
--
-- Both are folded by folded_agent_name, as names of agents are. A slug that looks like an owner's is refused where it is written; a title
-- may be another's, so it is published and marked.

-- At once and in the order of those who publish and delete, for who asks for more of a lock later may meet them half-way. What takes long,
-- the indexes, comes in migrations of their own.
lock table workspaces in share row exclusive mode;
lock table published_agents in access exclusive mode;

-- Slugs

-- Owners that are in public or were, also under a slug that they had before, and slugs of workspaces that are gone. They are read by one
-- statement, and so at one moment: what moves from one table to another at that moment is in one of them. After the row is there, as
-- refuse_reserved_slug does. An owner that comes to be in public at the same moment came later than the slug.
create function refuse_look_alike_slug() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp as $$
declare
  known text;
begin
  select names.owner into known
  from (
    select p.owner, 1 as place from public.published_agents p
    where public.folded_agent_name(p.owner) = public.folded_agent_name(new.slug) and p.workspace_id <> new.id
    union all
    select r.owner, 2 from public.reserved_names r
    where public.folded_agent_name(r.owner) = public.folded_agent_name(new.slug) and r.publisher_id <> new.id
    union all
    select s.slug, 3 from public.reserved_slugs s where public.folded_agent_name(s.slug) = public.folded_agent_name(new.slug)
  ) as names
  -- The very slug is the unique index's to refuse, and refuse_reserved_slug's.
  where names.owner <> new.slug and names.owner is distinct from old.slug
  order by names.place limit 1;
  -- An operator allows one slug, in one transaction.
  if known is not null and new.slug is distinct from nullif(current_setting('mainstay.look_alike_slug', true), '') then
    raise exception 'the slug % looks like %, which is another owner''s', new.slug, known
      using errcode = '23505', constraint = 'workspaces_slug_unlike', detail = known;
  end if;
  return null;
end
$$;
revoke execute on function refuse_look_alike_slug() from public;
create trigger workspaces_slug_unlike after insert on workspaces for each row execute function refuse_look_alike_slug();
create trigger workspaces_new_slug_unlike after update on workspaces
  for each row when (old.slug <> new.slug) execute function refuse_look_alike_slug();

-- Titles

-- Letters of other alphabets as the Latin ones that they are taken for, digits and signs as the letters that they stand for, and i as l:
-- in a title, an I is an l. Lower case, without marks.
create function latin_letters(letters text) returns text
  language sql immutable parallel safe strict
  return translate(translate(translate(translate(translate(translate(lower(letters),
    -- Cyrillic
    U&'\0430\0432\0433\0435\0437\043A\043C\043D\043E\043F\0440\0441\0442\0443\0445\044C\0455\0456\0458\045B' ||
    U&'\0475\04AF\04BB\04CF\0501\051B\051D\050D\0461',
    'abreekmhonpctyxbsijh' || 'vyhldqwgw'),
    -- Greek; a sigma at the end of a word as any other one
    U&'\03B1\03B2\03B3\03B5\03B6\03B7\03B9\03BA\03BC\03BD\03BF\03C1\03C2\03C4\03C5\03C7\03C9',
    U&'abyezhikmnop\03C3tyxw'),
    -- Armenian, and rarer Latin ones
    U&'\0578\057D\0585\0570\0566\0581\0575\0561\056C' ||
    U&'\0131\0251\0261\0269\026A\028F\00F8\0142\0111\0127\0167\0185\0253\0257\0199\025B\01C0\01C3',
    'nuohqgjwl' || 'iagiiyoldhtbbdkell'),
    -- Lisu
    U&'\A4D0\A4D1\A4D3\A4D4\A4D6\A4D7\A4D9\A4DA\A4DC\A4DD\A4DF\A4E0\A4E1\A4E2\A4E3\A4E6\A4E7\A4EA\A4EB\A4EC\A4EE\A4F0\A4F2\A4F3\A4F4',
    'bpdtgkjczfmnlsrvhwxyaeiou'),
    -- Cherokee, large and small
    U&'\13AA\13F4\13DF\13A0\13AC\13C0\13BB\13AB\13E6\13DE\13B7\13E2\13A1\13DA\13A2\13D9\13B3\13C3\13A9' ||
    U&'\AB7A\13FC\ABAF\AB70\AB7C\AB90\AB8B\AB7B\ABB6\ABAE\AB87\ABB2\AB71\ABAA\AB72\ABA9\AB83\AB93\AB79',
    'abcdeghjklmprstvwzy' || 'abcdeghjklmprstvwzy'),
    '34578@$i|', 'eastbasll');

-- A title as the eye takes it: no blanks, signs, pictures, marks on letters and what is not seen, one form of each letter. Two titles with
-- one folded form are taken for each other. Null for a title of signs alone, which is like no other.
create function folded_title(title text) returns text
  language sql immutable parallel safe strict
  return nullif(left(folded_agent_name(replace(latin_letters(regexp_replace(
    -- As in a trade name: in their compatible forms they would be letters.
    normalize(translate(left(title, 200), U&'\00A9\00AE\2122\2120', ''), nfkd),
    -- By ranges, and not by classes of letters: those hang on the locale. What is left out of them is a letter, a digit, or stands for one.
    '[\u0001-\u0023\u0025-\u002f\u003a-\u003f\u005b-\u0060\u007b\u007d-\u00a9\u00ab-\u00bf\u00d7\u00f7\u02b9-\u036f\u0483-\u0489\u0591-\u05bd' ||
    '\u061c\u064b-\u065f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u2000-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u3164' ||
    '\ue000-\uf8ff\ufe00-\ufe2f\ufeff\uffa0\ufff0-\uffff\U0001f000-\U0001faff\U000e0000-\U0010ffff]', '', 'g')),
    'vv', 'w')), 200), '');

alter table published_agents
  -- Since when it has its title, to the eye. Null: since it was first published.
  add column titled_at timestamptz,
  -- The listing of another owner whose title this one has, as it was found when this one was published. No key to it: it may go, and
  -- resembled_agent tells of it while it is there.
  add column resembles uuid;

create function note_new_title() returns trigger
  language plpgsql
  set search_path = pg_catalog, public as $$
begin
  if public.folded_title(new.display_name) is distinct from public.folded_title(old.display_name) then
    new.titled_at := public.mainstay_now();
  end if;
  return new;
end
$$;
create trigger published_agents_titled before update of display_name on published_agents
  for each row when (old.display_name <> new.display_name) execute function note_new_title();

-- What a mark says: `owner/name` of the other listing as it is called now. Nothing, once that one is not found any more or either has
-- another title.
create function resembled_agent(other uuid, own_title text) returns text
  language sql stable parallel safe strict
  return (
    select p.owner || '/' || p.name from published_agents p
    where p.listing_id = other and p.status in ('active', 'deprecated') and not p.is_withdrawn
      and folded_title(p.display_name) = folded_title(own_title));
