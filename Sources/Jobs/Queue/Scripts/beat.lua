-- A worker's heartbeat in a partition, answered with everybody's.
-- KEYS beats, ready   ARGV worker id, clock offset ms, group
-- Returns the server's time in ms and the beats, worker by worker.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
-- A consumer that never beat (it died right after its first read, or was served after it was removed) is watched from now
-- on, be it only to be removed.
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[2], ARGV[3])
if not consumers.err then
  for _, consumer in ipairs(consumers) do
    for i = 1, #consumer, 2 do
      if consumer[i] == 'name' then redis.call('ZADD', KEYS[1], 'NX', now, consumer[i + 1]) end
    end
  end
end
return { now, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES') }
