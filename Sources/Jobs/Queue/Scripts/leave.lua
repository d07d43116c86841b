-- Removes a worker that stopped in good order; only when nothing is pending for it, or its jobs would be lost.
-- KEYS ready, beats   ARGV group, worker
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1
