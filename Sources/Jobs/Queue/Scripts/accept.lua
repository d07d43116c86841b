-- Accepts jobs of stream kinds: refuses over the bound, finds repeated requests, remembers the job for its status,
-- appends. One call for all requests that the ingress gathered.
-- KEYS ready, parked, totals, later, later:jobs
-- ARGV window, bound, base of keys, ttl of idempotency ms, ttl of status ms,
--      then workspace, job id, note, idempotency key or '', digest, header, body, due at ms or '' for each job
-- Returns for each job: 'ok', 'full', or what was stored under its idempotency key ('<digest> <job id>').
local window, bound, base = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local length = redis.call('XLEN', KEYS[1])
local parkedBefore = 0
if length >= window then parkedBefore = tonumber(redis.call('HGET', KEYS[3], 'parked') or '0') end
local parked = 0
local answers = {}
for i = 6, #ARGV, 8 do
  local answer = 'ok'
  if length + parkedBefore + parked >= bound then
    -- What was accepted before is told even now.
    answer = ARGV[i + 3] ~= '' and redis.call('GET', base .. ':idempotency:' .. ARGV[i] .. ':' .. ARGV[i + 3]) or 'full'
  elseif ARGV[i + 3] ~= '' then
    local stored = redis.call('SET', base .. ':idempotency:' .. ARGV[i] .. ':' .. ARGV[i + 3], ARGV[i + 4] .. ' ' .. ARGV[i + 1], 'NX', 'GET', 'PX', ARGV[4])
    if stored then answer = stored end
  end
  if answer == 'ok' then
    local due, remembered = tonumber(ARGV[i + 7]), tonumber(ARGV[5])
    -- What waits for its time is remembered until then and as long as the others.
    if due then remembered = remembered + math.max(0, due - redis.call('TIME')[1] * 1000) end
    redis.call('SET', base .. ':accepted:' .. ARGV[i + 1], ARGV[i + 2], 'PX', remembered)
    if due then
      redis.call('HSET', KEYS[5], ARGV[i + 1], cmsgpack.pack(ARGV[i + 5], ARGV[i + 6]))
      redis.call('ZADD', KEYS[4], due, ARGV[i + 1])
    elseif length < window then
      redis.call('XADD', KEYS[1], '*', 'h', ARGV[i + 5], 'b', ARGV[i + 6])
      length = length + 1
    else
      local list = KEYS[2] .. ':' .. ARGV[i]
      if redis.call('RPUSH', list, cmsgpack.pack(ARGV[i + 5], ARGV[i + 6])) == 1 then
        redis.call('RPUSH', KEYS[2], ARGV[i])
      end
      parked = parked + 1
    end
  end
  answers[#answers + 1] = answer
end
if parked > 0 then redis.call('HINCRBY', KEYS[3], 'parked', parked) end
return answers
