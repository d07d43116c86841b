-- Takes failed jobs out of their lanes and puts them into the later set, in one step.
-- ARGV … then lane or '', entry id, route, job id, delay ms, header, body, failure for each job
for i = 4, #ARGV, 8 do
  local job = ARGV[i + 3]
  redis.call('HSET', base .. ':later:jobs', job, cmsgpack.pack(ARGV[i + 5], ARGV[i + 6]))
  redis.call('ZADD', base .. ':later', now + tonumber(ARGV[i + 4]), job)
  if ARGV[i + 7] ~= '' then redis.call('HSET', base .. ':failures', job, ARGV[i + 7]) end
  redis.call('HDEL', base .. ':starters', job)
  if ARGV[i] ~= '' then
    left(ARGV[i], i + 1, i + 1, { ARGV[i + 2], 1 })
    redis.call('HINCRBY', totals, 'retried', 1)
  end
end
-- A place that was given back is taken at once: nobody may acknowledge for long.
admit(late)
refill(250)
return (#ARGV - 3) / 8
