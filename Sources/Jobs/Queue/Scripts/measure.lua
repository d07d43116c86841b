-- What is waiting in a partition, in constant time.
-- KEYS ready, later, totals, beats   ARGV group, clock offset ms
-- Returns time ms, ready, running, parked, later, ms of the oldest ready entry (-1: none), acknowledged, retried, dead, workers
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
local ready = redis.call('XLEN', KEYS[1])
local running, oldest = 0, -1
if ready > 0 then
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
  oldest = tonumber(string.match(first[1][1], '^(%d+)'))
end
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1])
if not pending.err then running = pending[1] end
local totals = redis.call('HMGET', KEYS[3], 'parked', 'done', 'retried', 'dead')
return {
  now, ready, running, tonumber(totals[1] or 0), redis.call('ZCARD', KEYS[2]), oldest,
  tonumber(totals[2] or 0), tonumber(totals[3] or 0), tonumber(totals[4] or 0), redis.call('ZCARD', KEYS[4]),
}
