-- Words of names that a word may have been meant to be, asked of the index once. Most of what it costs is to read the lists of the word's
-- trigrams, which is the same for few slips and for many; so the words of all slips are read, and those of the fewest slips that have any
-- are kept. Before, a word that is like no other was looked for once for each.
create or replace function near_name_words(typed text, slips integer[], floor real, most integer) returns table (near text, likeness real)
  language plpgsql volatile as $$
declare
  trigrams real := cardinality(show_trgm(typed));
  levels real[] := array(select greatest(floor, (trigrams - slip) / (trigrams + slip) - 0.001) from unnest(slips) as slip);
begin
  perform set_config('pg_trgm.similarity_threshold', (select min(level) from unnest(levels) as level)::text, true);
  return query
    with alike as materialized (
      select w.word, similarity(w.word, typed) as how_like from name_words w where w.word % typed and w.word <> typed
    )
    select a.word, a.how_like from alike a
    where a.how_like >= (select max(level) from unnest(levels) as level where level <= (select max(b.how_like) from alike b))
    order by a.how_like desc, a.word limit most;
end
$$;
