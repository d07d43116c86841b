-- Accepts jobs of stream kinds: refuses over the bound of the queue and over that of a workspace, finds repeated requests,
-- remembers the job for its status, lets it in. One call for all requests that the ingress gathered.
-- ARGV … bound, bound of a workspace, ttl of idempotency ms, ttl of status ms,
--      then route, job id, note, idempotency key or '', digest, header, body, due at ms or '' for each job
-- Returns for each job: 'ok', 'full', 'over' (its workspace holds too many), or what was stored under its idempotency key
-- ('<digest> <job id>').
local bound, share = tonumber(ARGV[4]), tonumber(ARGV[5])
local length = tonumber(redis.call('HGET', totals, 'held') or '0')
if length >= bound then
  -- Counted again before anybody is refused.
  length = tonumber(redis.call('HGET', totals, 'parked') or '0')
  for _, lane in ipairs(lanes) do length = length + redis.call('XLEN', base .. ':' .. lane) end
end
-- What a workspace holds of all classes, and beside it what this call lets in.
local holds, entering = {}, {}
local function held_by(workspace)
  if not holds[workspace] then
    local sum = 0
    for _, count in ipairs(redis.call('HMGET', base .. ':held', 'h' .. workspace, 'n' .. workspace, 'l' .. workspace)) do
      sum = sum + tonumber(count or '0')
    end
    holds[workspace] = sum
  end
  return holds[workspace] + (entering[workspace] or 0)
end

local answers, jobs, call = {}, {}, redis.call
local accepted, remembered = base .. ':accepted:', ARGV[7]
for i = 8, #ARGV, 8 do
  local answer, route = 'ok', ARGV[i]
  local workspace = string.sub(route, 2, 37)
  local key = ARGV[i + 3] ~= '' and base .. ':idempotency:' .. workspace .. ':' .. ARGV[i + 3]
  -- Where all together hold less than one may, nobody is over the bound and nobody is asked after: the usual case costs nothing.
  local refusal = length >= bound and 'full' or length >= share and held_by(workspace) >= share and 'over'
  if refusal then
    -- What was accepted before is told even now.
    answer = key and call('GET', key) or refusal
  elseif key then
    local stored = call('SET', key, ARGV[i + 4] .. ' ' .. ARGV[i + 1], 'NX', 'GET', 'PX', ARGV[6])
    if stored then answer = stored end
  end
  if answer == 'ok' then
    local due = tonumber(ARGV[i + 7])
    -- What waits for its time is remembered until then and as long as the others.
    local lasts = due and remembered + math.max(0, due - time[1] * 1000) or remembered
    call('SET', accepted .. ARGV[i + 1], ARGV[i + 2], 'PX', lasts)
    if due then
      call('HSET', base .. ':later:jobs', ARGV[i + 1], cmsgpack.pack(ARGV[i + 5], ARGV[i + 6]))
      call('ZADD', base .. ':later', due, ARGV[i + 1])
    else
      jobs[#jobs + 1] = { route, ARGV[i + 5], ARGV[i + 6] }
      length = length + 1
      entering[workspace] = (entering[workspace] or 0) + 1
    end
  end
  answers[#answers + 1] = answer
end
enter(jobs)
return answers
