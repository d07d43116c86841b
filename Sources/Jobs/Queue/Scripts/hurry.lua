-- Makes a job that waits for its time due now, and marks it as seen: whoever takes it looks into PostgreSQL first, where the
-- wish stands that it is hurried for.
-- KEYS later, later:jobs   ARGV job id
-- Returns 1 when it waited there.
local packed = redis.call('HGET', KEYS[2], ARGV[1])
if not packed then return 0 end
local header, body = cmsgpack.unpack(packed)
local start, marks, trace = string.match(header, '^(.*) (%S+) (%S+)$')
if start and not string.find(marks, 's', 1, true) then
  if marks == '-' then marks = '' end
  redis.call('HSET', KEYS[2], ARGV[1], cmsgpack.pack(start .. ' s' .. marks .. ' ' .. trace, body))
end
return redis.call('ZADD', KEYS[1], 'XX', 'CH', 0, ARGV[1])
