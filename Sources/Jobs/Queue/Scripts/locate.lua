-- Where jobs are at one moment: what came to the lanes behind an entry of each, and which of the jobs wait in later.
-- A job that moves between them is in exactly one of them, so all are looked at in one step.
-- ARGV … most entries, '-' or '(' and the last entry known of each lane, then ids of jobs…
-- Returns for each lane its entries, and for each job 1 where it is in later, else 0.
local found, later = {}, {}
for i, lane in ipairs(lanes) do found[i] = redis.call('XRANGE', base .. ':' .. lane, ARGV[4 + i], '+', 'COUNT', ARGV[4]) end
for i = 5 + #lanes, #ARGV do later[#later + 1] = redis.call('HEXISTS', base .. ':later:jobs', ARGV[i]) end
return { found, later }
