-- Removes a worker that stopped in good order; only when nothing is pending for it, or its jobs would be lost.
-- ARGV … worker
for _, lane in ipairs(lanes) do
  if #redis.call('XPENDING', base .. ':' .. lane, group, '-', '+', 1, ARGV[4]) > 0 then return 0 end
end
for _, lane in ipairs(lanes) do redis.call('XGROUP', 'DELCONSUMER', base .. ':' .. lane, group, ARGV[4]) end
redis.call('ZREM', base .. ':beats', ARGV[4])
return 1
