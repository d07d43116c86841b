-- What a run cost.

-- US dollars, as its provider says it, else as the table of prices has it. Null: nobody knows the whole of it, or a worker of the release
-- before wrote the end.
alter table runs add column cost double precision check (cost >= 0);
