-- What is waiting in a partition, in constant time.
-- KEYS ready, later, totals, beats   ARGV group, clock offset ms
-- Returns time ms, ready, running, parked, later, ms of the oldest ready entry that no worker has (-1: none), acknowledged,
-- retried, dead, workers
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
local ready = redis.call('XLEN', KEYS[1])
local running, oldest, from = 0, -1, '-'
if ready > 0 then
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local words = {}
    for i = 1, #group, 2 do words[group[i]] = group[i + 1] end
    -- What comes behind the last delivered entry waits; what lies before it is in somebody's hands.
    if words['name'] == ARGV[1] then running, from = words['pending'], '(' .. words['last-delivered-id'] end
  end
  local first = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)
  if first[1] then oldest = tonumber(string.match(first[1][1], '^(%d+)')) end
end
local totals = redis.call('HMGET', KEYS[3], 'parked', 'done', 'retried', 'dead')
return {
  now, ready, running, tonumber(totals[1] or 0), redis.call('ZCARD', KEYS[2]), oldest,
  tonumber(totals[2] or 0), tonumber(totals[3] or 0), tonumber(totals[4] or 0), redis.call('ZCARD', KEYS[4]),
}
