-- Everything that a partition holds, bodies and all. In one step, so that no job is missed or shown twice because it moved meanwhile.
-- Returns place, ms at which it is due or '', header, body for each job
local found = {}
for _, lane in ipairs(lanes) do
  for _, entry in ipairs(redis.call('XRANGE', base .. ':' .. lane, '-', '+')) do
    local fields = {}
    for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
    found[#found + 1] = { 'lane', '', fields['h'] or '', fields['b'] or '' }
  end
end
for _, list in ipairs(redis.call('KEYS', base .. ':parked:*')) do
  local words = redis.call('LRANGE', list, 0, -1)
  for i = 1, #words - 1, 2 do found[#found + 1] = { 'parked', '', words[i], words[i + 1] } end
end
local later = redis.call('HGETALL', base .. ':later:jobs')
for i = 1, #later, 2 do
  local header, body = cmsgpack.unpack(later[i + 1])
  found[#found + 1] = { 'later', redis.call('ZSCORE', base .. ':later', later[i]) or '', header, body }
end
return found
