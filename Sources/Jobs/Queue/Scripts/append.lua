-- Appends jobs: to the ready stream while it is shorter than the window, else to their workspace's parked list.
-- KEYS ready, parked, totals   ARGV window, then workspace, header, body for each job
-- Returns how many went to ready.
local window = tonumber(ARGV[1])
local length = redis.call('XLEN', KEYS[1])
local ready, parked = 0, 0
for i = 2, #ARGV, 3 do
  if length < window then
    redis.call('XADD', KEYS[1], '*', 'h', ARGV[i + 1], 'b', ARGV[i + 2])
    length = length + 1
    ready = ready + 1
  else
    local list = KEYS[2] .. ':' .. ARGV[i]
    if redis.call('RPUSH', list, cmsgpack.pack(ARGV[i + 1], ARGV[i + 2])) == 1 then
      redis.call('RPUSH', KEYS[2], ARGV[i])
    end
    parked = parked + 1
  end
end
if parked > 0 then redis.call('HINCRBY', KEYS[3], 'parked', parked) end
return ready
