-- Functions that are called with every batch or row. A setting that a function carries is put in place and taken back at each call,
-- which costs more than what these run; and none of them needs it: their names are qualified or were resolved when they were made,
-- pg_catalog is searched first whatever the caller's path says, and they run with the caller's rights.
alter function mainstay_now() reset search_path;
alter function worker_fence(uuid) reset search_path;
alter function may_write_own_rows(text, uuid, uuid, uuid[]) reset search_path;
