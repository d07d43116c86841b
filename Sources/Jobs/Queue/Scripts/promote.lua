-- Moves jobs that are due from the later set to the ready stream, and parked jobs into the room that is left: when all
-- ready jobs failed and wait for their retry, nobody acknowledges and nobody else would refill. Any worker may run it.
-- KEYS ready, later, later:jobs, parked, totals   ARGV clock offset ms, most, window
-- Returns how many were moved and the ms until the next one is due (-1: none).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, job in ipairs(due) do
  local packed = redis.call('HGET', KEYS[3], job)
  if packed then
    local header, body = cmsgpack.unpack(packed)
    redis.call('XADD', KEYS[1], '*', 'h', header, 'b', body)
  end
end
if #due > 0 then
  redis.call('ZREM', KEYS[2], unpack(due))
  redis.call('HDEL', KEYS[3], unpack(due))
end
if redis.call('EXISTS', KEYS[4]) == 1 then
  local refilled = 0
  local room = math.min(tonumber(ARGV[2]), tonumber(ARGV[3]) - redis.call('XLEN', KEYS[1]))
  while refilled < room do
    local workspace = redis.call('LPOP', KEYS[4])
    if not workspace then break end
    local list = KEYS[4] .. ':' .. workspace
    local jobs = redis.call('LPOP', list, math.min(8, room - refilled)) or {}
    for _, packed in ipairs(jobs) do
      local header, body = cmsgpack.unpack(packed)
      redis.call('XADD', KEYS[1], '*', 'h', header, 'b', body)
    end
    refilled = refilled + #jobs
    if redis.call('EXISTS', list) == 1 then redis.call('RPUSH', KEYS[4], workspace) end
  end
  if refilled > 0 then redis.call('HINCRBY', KEYS[5], 'parked', -refilled) end
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local wait = -1
if first[2] then wait = math.max(0, tonumber(first[2]) - now) end
return { #due, wait }
