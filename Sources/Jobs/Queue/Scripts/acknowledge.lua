-- Acknowledges entries, deletes them, counts them, and refills the ready stream from the parked lists, round-robin
-- over workspaces, a quantum of eight jobs a turn.
-- KEYS ready, parked, totals, failures, alone
-- ARGV group, window, most to refill, counter, number of entries, base of keys, entry ids…,
--      then ids of jobs that had failed, run alone, or left a note of their acceptance…
-- Returns how many entries were acknowledged and how many were refilled.
local window, most, count = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local acknowledged = 0
if count > 0 then
  acknowledged = redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 7, 6 + count))
  redis.call('XDEL', KEYS[1], unpack(ARGV, 7, 6 + count))
  redis.call('HINCRBY', KEYS[3], ARGV[4], acknowledged)
end
if #ARGV > 6 + count then
  redis.call('HDEL', KEYS[4], unpack(ARGV, 7 + count))
  redis.call('HDEL', KEYS[5], unpack(ARGV, 7 + count))
  local notes = {}
  for i = 7 + count, #ARGV do notes[#notes + 1] = ARGV[6] .. ':accepted:' .. ARGV[i] end
  redis.call('UNLINK', unpack(notes))
end
local refilled = 0
local waiting = tonumber(redis.call('HGET', KEYS[3], 'parked') or '0')
if waiting > 0 then
  local room = math.min(most, window - redis.call('XLEN', KEYS[1]))
  while refilled < room do
    local workspace = redis.call('LPOP', KEYS[2])
    if not workspace then break end
    local list = KEYS[2] .. ':' .. workspace
    local jobs = redis.call('LPOP', list, math.min(8, room - refilled))
    if jobs then
      for _, packed in ipairs(jobs) do
        local header, body = cmsgpack.unpack(packed)
        redis.call('XADD', KEYS[1], '*', 'h', header, 'b', body)
      end
      refilled = refilled + #jobs
      if redis.call('EXISTS', list) == 1 then redis.call('RPUSH', KEYS[2], workspace) end
    end
  end
  if refilled > 0 then redis.call('HINCRBY', KEYS[3], 'parked', -refilled) end
end
return { acknowledged, refilled }
