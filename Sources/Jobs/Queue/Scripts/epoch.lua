-- Sets the partition's epoch only where it still is what the caller saw ('' for none).
-- KEYS epoch   ARGV seen, new
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
