-- Acknowledges entries, deletes them, counts them, and lets parked jobs go on.
-- ARGV … most to refill, counter, number of lanes, then for each: its name, number of runs, route and number of each run, ids of
--      the entries in that order; then ids of jobs that had failed, run alone, or left a note of their acceptance…
-- Returns how many entries were acknowledged and how many jobs were refilled.
local acknowledged, at = 0, 7
for _ = 1, tonumber(ARGV[6]) do
  local lane, runs, count = ARGV[at], {}, 0
  local ends = at + 1 + 2 * tonumber(ARGV[at + 1])
  for i = at + 2, ends, 2 do
    runs[#runs + 1] = ARGV[i]
    runs[#runs + 1] = tonumber(ARGV[i + 1])
    count = count + runs[#runs]
  end
  acknowledged = acknowledged + left(lane, ends + 1, ends + count, runs)
  at = ends + count + 1
end
if acknowledged > 0 then redis.call('HINCRBY', totals, ARGV[5], acknowledged) end
if at <= #ARGV then
  redis.call('HDEL', base .. ':failures', unpack(ARGV, at))
  redis.call('HDEL', base .. ':starters', unpack(ARGV, at))
  local notes = {}
  for i = at, #ARGV do notes[#notes + 1] = base .. ':accepted:' .. ARGV[i] end
  redis.call('UNLINK', unpack(notes))
end
admit(late)
return { acknowledged, refill(tonumber(ARGV[4])) }
