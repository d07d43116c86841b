-- A worker that leaves gives back all that it read and did not finish: the same jobs under new entries, for anybody,
-- marked as seen, because nobody knows how far they came.
-- ARGV … worker, most
-- Returns how many were given back.
local returned, most = 0, tonumber(ARGV[5])

-- Of those who began the job only the one that leaves is forgotten: others may have died of it.
local function forget(job)
  local words, kept = redis.call('HGET', base .. ':starters', job), {}
  if not words then return end
  for word in string.gmatch(words, '%S+') do
    if string.sub(word, 2, 37) ~= ARGV[4] then kept[#kept + 1] = word end
  end
  if #kept > 0 then
    redis.call('HSET', base .. ':starters', job, table.concat(kept, ' '))
  else
    redis.call('HDEL', base .. ':starters', job)
  end
end

for _, lane in ipairs(lanes) do
  local stream = base .. ':' .. lane
  for _, item in ipairs(returned < most and redis.call('XPENDING', stream, group, '-', '+', most - returned, ARGV[4]) or {}) do
    local found = redis.call('XRANGE', stream, item[1], item[1])
    redis.call('XACK', stream, group, item[1])
    redis.call('XDEL', stream, item[1])
    returned = returned + 1
    if found[1] then
      local fields, gates = found[1][2], nil
      for i = 1, #fields, 2 do
        if fields[i] == 'h' then
          local job = string.match(fields[i + 1], '^%S+ (%S+)')
          if job then forget(job) end
          gates = gates_of(route_of(fields[i + 1]))
          fields[i + 1] = seen(fields[i + 1])
        end
      end
      local id = redis.call('XADD', stream, '*', unpack(fields))
      -- It keeps its slots.
      for _, gate in ipairs(gates or {}) do
        if gate.running and redis.call('ZREM', base .. ':slots:' .. gate.name, lane .. ' ' .. item[1]) == 1 then
          redis.call('ZADD', base .. ':slots:' .. gate.name, now, lane .. ' ' .. id)
        end
      end
    end
  end
end
return returned
