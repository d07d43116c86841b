-- Takes over pending entries of a dead worker. Safe to repeat: claimed entries leave the dead worker's list.
-- When none is left, the dead worker's consumer and heartbeat are removed in the same step.
-- KEYS ready, beats   ARGV group, dead worker, new owner, most
-- Returns the claimed entries as {id, fields} and whether the dead worker is gone.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', ARGV[4], ARGV[2])
local entries = {}
for _, item in ipairs(pending) do
  local claimed = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, item[1], 'JUSTID')
  if #claimed > 0 then
    local found = redis.call('XRANGE', KEYS[1], item[1], item[1])
    if found[1] then
      entries[#entries + 1] = found[1]
    else
      -- The entry was deleted and only its mark was left: nothing to run.
      redis.call('XACK', KEYS[1], ARGV[1], item[1])
    end
  end
end
local gone = 0
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
  redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
  redis.call('ZREM', KEYS[2], ARGV[2])
  gone = 1
end
return { entries, gone }
