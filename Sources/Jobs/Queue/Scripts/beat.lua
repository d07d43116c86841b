-- A worker's heartbeat in a partition, answered with everybody's.
-- KEYS beats   ARGV worker id, clock offset ms
-- Returns the server's time in ms and the beats, worker by worker.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
return { now, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES') }
