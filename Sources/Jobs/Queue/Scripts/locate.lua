-- Where jobs are at one moment: what came to the ready stream behind an entry, and which of the jobs wait in later.
-- A job that moves between the two is in exactly one of them, so both are looked at in one step.
-- KEYS ready, later:jobs   ARGV '-' or '(' and the last entry known, most entries, then ids of jobs…
-- Returns the entries, and for each job 1 where it is in later, else 0.
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
local later = {}
for i = 3, #ARGV do later[i - 2] = redis.call('HEXISTS', KEYS[2], ARGV[i]) end
return { entries, later }
