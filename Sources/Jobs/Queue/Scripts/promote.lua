-- Lets jobs in that are due in the later set, flows whose gate may have opened, and parked jobs into the room that is left: when
-- all jobs of the lanes failed and wait for their retry, nobody acknowledges and nobody else would refill. Any worker may run it.
--
-- What is due and may not go on stays in the later set and is never parked: the audit reads the parked lists first, and a job
-- that came to them from behind would be missed.
-- ARGV … most
-- Returns how many were moved and the ms until the next one is due (-1: none).
local later, most = base .. ':later', tonumber(ARGV[4])
local due = redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, most)
local moved = admit(due)
local opened = redis.call('ZRANGEBYSCORE', base .. ':blocked', '-inf', now, 'LIMIT', 0, most)
for _, blocked in ipairs(opened) do
  local class, flow = string.match(blocked, '^(%S+) (%S+)$')
  redis.call('ZREM', base .. ':blocked', blocked)
  redis.call('RPUSH', base .. ':ring:' .. class, flow)
end
refill(most)
-- What the release before has parked: one ring, header and body packed.
while redis.call('EXISTS', base .. ':parked') == 1 do
  local workspace = redis.call('LPOP', base .. ':parked')
  local lane, list = bulk('normal', workspace), base .. ':parked:' .. workspace
  local packed = redis.call('LPOP', list, most) or {}
  for _, job in ipairs(packed) do add(lane, cmsgpack.unpack(job)) end
  redis.call('HINCRBY', totals, 'parked', -#packed)
  if redis.call('EXISTS', list) == 1 then redis.call('RPUSH', base .. ':parked', workspace) end
  if #packed > 0 then break end
end
-- The counters say what is there, whatever was deleted by hand, or acknowledged by a release that knows none of them: who holds how
-- many is then counted anew.
local held, waiting = unpack(redis.call('HMGET', totals, 'held', 'parked'))
held, waiting = tonumber(held or '0'), math.max(0, tonumber(waiting or '0'))
if held ~= 0 then
  local length = waiting
  for _, lane in ipairs(lanes) do length = length + redis.call('XLEN', base .. ':' .. lane) end
  if length ~= held then redis.call('DEL', base .. ':held') end
  if length == 0 then redis.call('HDEL', totals, 'held', 'parked') elseif length ~= held then redis.call('HSET', totals, 'held', length) end
end
local next = -1
for _, key in ipairs({ later, base .. ':blocked' }) do
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if first[2] then
    local wait = math.max(0, tonumber(first[2]) - now)
    if next < 0 or wait < next then next = wait end
  end
end
return { moved, next }
