-- Sets the workspaces' limits of a partition to those that PostgreSQL has.
-- ARGV … digest of them all, 'none' without any; then workspace, '<running or -> <per second or ->' for each, or nothing to ask
-- Returns 1 when the partition has them already, or has them now.
if redis.call('GET', base .. ':limits:digest') == ARGV[4] then return 1 end
if #ARGV == 4 and ARGV[4] ~= 'none' then return 0 end
redis.call('DEL', base .. ':limits')
for i = 5, #ARGV, 2 do redis.call('HSET', base .. ':limits', ARGV[i], ARGV[i + 1]) end
redis.call('SET', base .. ':limits:digest', ARGV[4])
-- Who waits for a gate looks at the new one.
for _, blocked in ipairs(redis.call('ZRANGE', base .. ':blocked', 0, 999)) do
  redis.call('ZADD', base .. ':blocked', 'XX', now, blocked)
end
return 1
