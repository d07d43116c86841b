-- A worker that leaves gives back all that it read and did not finish: the same jobs under new entries, for anybody,
-- marked as seen, because nobody knows how far they came.
-- KEYS ready, alone   ARGV group, worker, most
-- Returns how many were given back.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', ARGV[3], ARGV[2])
for _, item in ipairs(pending) do
  local found = redis.call('XRANGE', KEYS[1], item[1], item[1])
  redis.call('XACK', KEYS[1], ARGV[1], item[1])
  if found[1] then
    redis.call('XDEL', KEYS[1], item[1])
    local fields = found[1][2]
    for i = 1, #fields, 2 do
      if fields[i] == 'h' then
        local job = string.match(fields[i + 1], '^%S+ (%S+)')
        if job then redis.call('HDEL', KEYS[2], job) end
        local start, marks, trace = string.match(fields[i + 1], '^(.*) (%S+) (%S+)$')
        if start then
          if marks == '-' then marks = 's' elseif not string.find(marks, 's', 1, true) then marks = 's' .. marks end
          fields[i + 1] = start .. ' ' .. marks .. ' ' .. trace
        end
      end
    end
    redis.call('XADD', KEYS[1], '*', unpack(fields))
  end
end
return #pending
