-- Makes a job that waits for its time due now, and marks it as seen: whoever takes it looks into PostgreSQL first, where the
-- wish stands that it is hurried for.
-- ARGV … job id
-- Returns 1 when it waited there.
local packed = redis.call('HGET', base .. ':later:jobs', ARGV[4])
if not packed then return 0 end
local header, body = cmsgpack.unpack(packed)
redis.call('HSET', base .. ':later:jobs', ARGV[4], cmsgpack.pack(seen(header), body))
return redis.call('ZADD', base .. ':later', 'XX', 'CH', 0, ARGV[4])
