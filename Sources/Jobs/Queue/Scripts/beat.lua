-- A worker's heartbeat in a partition, answered with everybody's.
-- ARGV … worker id
-- Returns the server's time in ms and the beats, worker by worker.
local beats = base .. ':beats'
redis.call('ZADD', beats, now, ARGV[4])
-- A consumer that never beat (it died right after its first read, or was served after it was removed) is watched from now
-- on, be it only to be removed. One look in so many beats as there are workers is about one a beat of a worker's for the fleet.
local turn = redis.call('HINCRBY', totals, 'beat', 1)
if turn >= redis.call('ZCARD', beats) then
  redis.call('HSET', totals, 'beat', 0)
  for _, lane in ipairs(lanes) do
    local consumers = redis.pcall('XINFO', 'CONSUMERS', base .. ':' .. lane, group)
    if not consumers.err then
      for _, consumer in ipairs(consumers) do
        for i = 1, #consumer, 2 do
          if consumer[i] == 'name' then redis.call('ZADD', beats, 'NX', now, consumer[i + 1]) end
        end
      end
    end
  end
end
return { now, redis.call('ZRANGE', beats, 0, -1, 'WITHSCORES') }
