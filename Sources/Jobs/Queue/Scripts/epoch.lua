-- Reads the partition's epoch, or sets it only where it still is what the caller saw ('' for none).
-- An epoch holds on the server that it was set on. A replica that took over has it too, and so has a server that came back from its
-- log; both may lack the last of what had been acknowledged. There it reads 'moved:<epoch>'.
-- KEYS epoch   ARGV nothing to read; seen, new to set
-- Returns the epoch, '' for none; or whether it was set.
local owner, server = KEYS[1] .. ':server', ''
local information = redis.pcall('INFO', 'server')
-- A user who may not ask this trusts every server.
if type(information) == 'string' then server = string.match(information, 'run_id:(%x+)') or '' end
local epoch = redis.call('GET', KEYS[1]) or ''
if epoch ~= '' and server ~= '' and redis.call('GET', owner) ~= server then epoch = 'moved:' .. epoch end
if #ARGV == 0 then return epoch end
if epoch ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', owner, server)
return 1
