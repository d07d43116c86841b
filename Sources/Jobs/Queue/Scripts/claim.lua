-- Takes over pending entries of a dead worker. Safe to repeat: claimed entries leave the dead worker's list.
-- When none is left, the dead worker's consumers and heartbeat are removed in the same step.
-- ARGV … dead worker, new owner, most
-- Returns for each lane its name and the claimed entries as {id, fields}; and whether the dead worker is gone.
local most, gone, taken = tonumber(ARGV[6]), 1, {}
local starters = base .. ':starters'
local has_starters = redis.call('EXISTS', starters) == 1

-- Whoever began a job alone and is declared dead with it in hand died of it, as far as anybody can tell.
local function died(fields)
  for i = 1, #fields, 2 do
    local job = fields[i] == 'h' and string.match(fields[i + 1], '^%S+ (%S+)')
    local words, marked = job and redis.call('HGET', starters, job), {}
    if words then
      for word in string.gmatch(words, '%S+') do
        if string.sub(word, 1, 37) == 'a' .. ARGV[4] then word = 'd' .. string.sub(word, 2) end
        marked[#marked + 1] = word
      end
      redis.call('HSET', starters, job, table.concat(marked, ' '))
    end
  end
end

for _, lane in ipairs(lanes) do
  local stream, entries = base .. ':' .. lane, {}
  if most > 0 then
    for _, item in ipairs(redis.call('XPENDING', stream, group, '-', '+', most, ARGV[4])) do
      most = most - 1
      if #redis.call('XCLAIM', stream, group, ARGV[5], 0, item[1], 'JUSTID') > 0 then
        local found = redis.call('XRANGE', stream, item[1], item[1])
        if found[1] then
          entries[#entries + 1] = found[1]
          if has_starters then died(found[1][2]) end
        else
          -- The entry was deleted and only its mark was left: nothing to run.
          redis.call('XACK', stream, group, item[1])
        end
      end
    end
  end
  if #entries > 0 then taken[#taken + 1] = { lane, entries } end
  if #redis.call('XPENDING', stream, group, '-', '+', 1, ARGV[4]) > 0 then gone = 0 end
end
if gone == 1 then
  for _, lane in ipairs(lanes) do redis.call('XGROUP', 'DELCONSUMER', base .. ':' .. lane, group, ARGV[4]) end
  redis.call('ZREM', base .. ':beats', ARGV[4])
end
return { taken, gone }
