-- Takes failed jobs out of the stream and puts them into the later set, in one step.
-- KEYS ready, later, later:jobs, failures, totals, alone
-- ARGV group, clock offset ms, then entry id or '', job id, delay ms, header, body, failure for each job
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
local moved = 0
for i = 3, #ARGV, 6 do
  redis.call('HSET', KEYS[3], ARGV[i + 1], cmsgpack.pack(ARGV[i + 3], ARGV[i + 4]))
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[i + 2]), ARGV[i + 1])
  if ARGV[i + 5] ~= '' then redis.call('HSET', KEYS[4], ARGV[i + 1], ARGV[i + 5]) end
  redis.call('HDEL', KEYS[6], ARGV[i + 1])
  if ARGV[i] ~= '' then
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
    redis.call('XDEL', KEYS[1], ARGV[i])
    redis.call('HINCRBY', KEYS[5], 'retried', 1)
  end
  moved = moved + 1
end
return moved
