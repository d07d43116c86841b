-- Moves jobs that are due from the later set to the ready stream. Any worker may run it.
-- KEYS ready, later, later:jobs   ARGV clock offset ms, most
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
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local wait = -1
if first[2] then wait = math.max(0, tonumber(first[2]) - now) end
return { #due, wait }
