-- What is waiting in a partition, in constant time.
-- Returns time ms, in lanes, running, parked, later, ms of the oldest job that no worker has (-1: none; of parked ones those are
-- looked at whose turn is next, so there may be an older one), acknowledged, retried, dead, workers
local ready, running, oldest = 0, 0, -1
local function waits_since(at)
  if at and (oldest < 0 or at < oldest) then oldest = at end
end
for _, lane in ipairs(lanes) do
  local stream, from = base .. ':' .. lane, '-'
  local length = redis.call('XLEN', stream)
  if length > 0 then
    ready = ready + length
    for _, found in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
      local words = {}
      for i = 1, #found, 2 do words[found[i]] = found[i + 1] end
      -- What comes behind the last delivered entry waits; what lies before it is in somebody's hands.
      if words['name'] == group then running, from = running + words['pending'], '(' .. words['last-delivered-id'] end
    end
    local first = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)
    if first[1] then waits_since(tonumber(string.match(first[1][1], '^(%d+)'))) end
  end
end
local counts = redis.call('HMGET', totals, 'parked', 'done', 'retried', 'dead')
if tonumber(counts[1] or 0) > 0 then
  local flows = { redis.call('ZRANGE', base .. ':blocked', 0, 0)[1] or '' }
  for _, class in pairs(classes) do flows[#flows + 1] = class .. ' ' .. (redis.call('LINDEX', base .. ':ring:' .. class, 0) or '') end
  for _, flow in ipairs(flows) do
    local header = redis.call('LINDEX', base .. ':parked:' .. string.gsub(flow, ' ', ':', 1), 0)
    if header then waits_since(tonumber(string.match(header, '^%S+ %S+ %S+ %S+ %S+ %S+ (%d+)'))) end
  end
end
return {
  now, ready, running, tonumber(counts[1] or 0), redis.call('ZCARD', base .. ':later'), oldest,
  tonumber(counts[2] or 0), tonumber(counts[3] or 0), tonumber(counts[4] or 0), redis.call('ZCARD', base .. ':beats'),
}
