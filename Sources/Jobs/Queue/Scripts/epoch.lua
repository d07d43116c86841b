-- Reads the partition's epoch, or sets it only where it still is what the caller saw ('' for none).
-- An epoch holds on the server that it was set on. A replica that took over has it too, and so has a server that came back from its
-- log; both may lack the last of what had been acknowledged. There it reads 'moved:<epoch>'.
-- Of a mark, 'pending:<id>', the first 48 bits are the server's time when it was set, whatever the caller wrote there, and only the
-- rest says whose it is: who sets it anew, or never heard whether it was set, need not know when that was.
-- KEYS epoch   ARGV clock offset ms, then nothing more to read; or seen, and new to set ('' to leave none)
-- Returns the epoch, '' for none, and of a mark its age in ms; or whether it was set.
local owner, server = KEYS[1] .. ':server', ''
local information = redis.pcall('INFO', 'server')
-- A user who may not ask this trusts every server.
if type(information) == 'string' then server = string.match(information, 'run_id:(%x+)') or '' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])

-- The time of a mark, two words of hexadecimal digits, and its rest; nil for what is none.
local function parts(text)
  return string.match(text, '^pending:(%x%x%x%x%x%x%x%x)%-(%x%x%x%x)(%-.+)$')
end

local function same(left, right)
  local _, _, rest = parts(left)
  local _, _, other = parts(right)
  return (rest or left) == (other or right)
end

local epoch = redis.call('GET', KEYS[1]) or ''
if epoch ~= '' and server ~= '' and redis.call('GET', owner) ~= server then epoch = 'moved:' .. epoch end
if #ARGV == 1 then
  local high, low = parts(epoch)
  if not high then return { epoch } end
  return { epoch, now - (tonumber(high, 16) * 65536 + tonumber(low, 16)) }
end
if not same(epoch, ARGV[2]) then return 0 end
local new = ARGV[3]
if new == '' then
  redis.call('DEL', KEYS[1], owner)
  return 1
end
local _, _, rest = parts(new)
if rest then new = string.format('pending:%08x-%04x%s', math.floor(now / 65536), now % 65536, rest) end
redis.call('SET', KEYS[1], new)
redis.call('SET', owner, server)
return 1
