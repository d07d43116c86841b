-- Accepts jobs of stream kinds: refuses over the bound, finds repeated requests, remembers the job for its status,
-- lets it in. One call for all requests that the ingress gathered.
-- ARGV … bound, ttl of idempotency ms, ttl of status ms,
--      then route, job id, note, idempotency key or '', digest, header, body, due at ms or '' for each job
-- Returns for each job: 'ok', 'full', or what was stored under its idempotency key ('<digest> <job id>').
local bound = tonumber(ARGV[4])
local length = tonumber(redis.call('HGET', totals, 'held') or '0')
if length >= bound then
  -- Counted again before anybody is refused.
  length = tonumber(redis.call('HGET', totals, 'parked') or '0')
  for _, lane in ipairs(lanes) do length = length + redis.call('XLEN', base .. ':' .. lane) end
end
local answers, jobs = {}, {}
for i = 7, #ARGV, 8 do
  local answer = 'ok'
  local key = ARGV[i + 3] ~= '' and base .. ':idempotency:' .. string.sub(ARGV[i], 2, 37) .. ':' .. ARGV[i + 3]
  if length >= bound then
    -- What was accepted before is told even now.
    answer = key and redis.call('GET', key) or 'full'
  elseif key then
    local stored = redis.call('SET', key, ARGV[i + 4] .. ' ' .. ARGV[i + 1], 'NX', 'GET', 'PX', ARGV[5])
    if stored then answer = stored end
  end
  if answer == 'ok' then
    local due, remembered = tonumber(ARGV[i + 7]), tonumber(ARGV[6])
    -- What waits for its time is remembered until then and as long as the others.
    if due then remembered = remembered + math.max(0, due - time[1] * 1000) end
    redis.call('SET', base .. ':accepted:' .. ARGV[i + 1], ARGV[i + 2], 'PX', remembered)
    if due then
      redis.call('HSET', base .. ':later:jobs', ARGV[i + 1], cmsgpack.pack(ARGV[i + 5], ARGV[i + 6]))
      redis.call('ZADD', base .. ':later', due, ARGV[i + 1])
    else
      jobs[#jobs + 1] = { ARGV[i], ARGV[i + 5], ARGV[i + 6] }
      length = length + 1
    end
  end
  answers[#answers + 1] = answer
end
enter(jobs)
return answers
