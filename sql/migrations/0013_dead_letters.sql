-- Dead letters: who did what about them, and how they are found.

-- Each time that the job was accepted again, oldest first: {"at": ms since 1970, "by": text or null}. Their number is the
-- job's generation: its first life is 0, and after the n-th replay it lives for the n-th time again. The outcome row is
-- no place to count them: a replay takes the dead outcome away, for whatever has an outcome is not owed, and the next one
-- must meet the same key, or two deliveries of the job could each write an end.
-- (What was replayed before this migration has a replayed_at and an empty list.)
alter table dead_letters add column replays jsonb not null default '[]';

-- Who discarded it.
alter table dead_letters add column discarded_by text;

-- The list that an operator looks at, newest first: letters that nobody has done anything about.
create index dead_letters_open on dead_letters (died_at desc, id desc) where replayed_at is null and discarded_at is null;

-- Operators name a letter by its job's id and not by its workspace.
create index dead_letters_id on dead_letters (id);
