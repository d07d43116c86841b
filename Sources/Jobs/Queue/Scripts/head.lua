-- The common head of the queue's scripts. KEYS[1] is the partition's base: every key of the partition is made from it and lies
-- in its slot. ARGV window, burst, clock offset ms, then what the script says.
--
-- A job's way through its partition:
--
--    enter ──▶ ready:<class>        its workspace holds no more than `burst` jobs of this class: it overtakes those who flood
--         ├──▶ bulk:<class>:<0…3>   else, while that stream is shorter than the window; the workspace's id says which of the
--         │                         four, and all are read alike: who floods one does not hold the others up
--         └──▶ parked:<class>:<flow>, a list for each flow; ring:<class> turns over those that may go on (refill)
--
-- A route is the class's letter and the flow: `n<workspace>`, or `n<workspace>/<key>;r=<running>;s=<per second>`. What a
-- workspace's limit or a key's shuts out is parked however short the streams are, and leaves the ring until its gate opens
-- (`blocked`: when to look again; `waiting:<gate>`: who wants the next free slot).
local base, group = KEYS[1], 'workers'
local window, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[3])
local classes = { h = 'high', n = 'normal', l = 'low' }
-- Written out: every call of every script makes this table, and putting its words together would be half of what the head costs.
local lanes = {
  'ready:high', 'bulk:high:0', 'bulk:high:1', 'bulk:high:2', 'bulk:high:3',
  'ready:normal', 'bulk:normal:0', 'bulk:normal:1', 'bulk:normal:2', 'bulk:normal:3',
  'ready:low', 'bulk:low:0', 'bulk:low:1', 'bulk:low:2', 'bulk:low:3',
}
local totals = base .. ':totals'

-- The route that a header tells.
local function route_of(header)
  local words = {}
  for word in string.gmatch(header, '%S+') do words[#words + 1] = word end
  local options = words[10] or 'n'
  if not classes[string.sub(options, 1, 1)] then options = 'n' end
  return string.sub(options, 1, 1) .. (words[3] or '') .. string.sub(options, 2)
end

-- The header with the mark `s`: whoever takes it looks for an outcome first.
local function seen(header)
  local start, marks, rest = string.match(header, '^(%S+ %S+ %S+ %S+ %S+ %S+ %S+) (%S+) (.*)$')
  if not start then return header end
  if marks == '-' then marks = 's' elseif not string.find(marks, 's', 1, true) then marks = 's' .. marks end
  return start .. ' ' .. marks .. ' ' .. rest
end

-- What limits a route: gates with a name and with jobs running, jobs a second, or both; nil for nothing.
local has_limits
local known_gates = {}
local function gates_of(route)
  if has_limits == nil then has_limits = redis.call('EXISTS', base .. ':limits') == 1 end
  if not has_limits and #route <= 37 then return nil end
  if known_gates[route] ~= nil then return known_gates[route] or nil end
  local gates = {}
  local workspace = string.sub(route, 2, 37)
  local limit = has_limits and (redis.call('HGET', base .. ':limits', workspace) or redis.call('HGET', base .. ':limits', '*'))
  if limit then
    local running, rate = string.match(limit, '^(%S+) (%S+)$')
    gates[1] = { name = workspace, running = tonumber(running), rate = tonumber(rate) }
  end
  if #route > 37 then
    local running, rate = tonumber(string.match(route, ';r=(%d+)')), tonumber(string.match(route, ';s=([%d.]+)'))
    if running or rate then
      gates[#gates + 1] = { name = workspace .. '/' .. string.match(route, '^[^;]*', 39), running = running, rate = rate }
    end
  end
  known_gates[route] = #gates > 0 and gates or false
  return known_gates[route] or nil
end

-- Who is turned away at a gate looks again when its turn may come, each a step behind the one before, and not all at once.
local turned = {}
local function shut(gate, at, step)
  local known = turned[gate.name]
  if known then known.at = known.at + known.step else known = { at = at, step = step } end
  turned[gate.name] = known
  return false, gate, math.ceil(known.at)
end

-- Whether one more job may pass all gates now; then their rates have counted it. Else the gate that is shut and when to look
-- again, ms. A slot is an entry of a lane: one whose entry is gone, by whatever hand, holds nobody up.
local function pass(gates)
  for _, gate in ipairs(gates) do
    if turned[gate.name] then return shut(gate) end
    if gate.running then
      local slots = base .. ':slots:' .. gate.name
      if redis.call('ZCARD', slots) >= gate.running then
        for _, slot in ipairs(redis.call('ZRANGE', slots, 0, 7)) do
          local lane, id = string.match(slot, '^(%S+) (%S+)$')
          if #redis.call('XRANGE', base .. ':' .. lane, id, id) == 0 then redis.call('ZREM', slots, slot) end
        end
        -- Whoever gives a place back wakes the next: to look again is for places that went by another hand.
        if redis.call('ZCARD', slots) >= gate.running then
          return shut(gate, now + 2000 + redis.call('ZCARD', base .. ':blocked') / 2, 10)
        end
      end
    end
    if gate.rate then
      -- The time at which the rate would have been kept exactly; a second's worth may run ahead of it.
      local due = math.max(tonumber(redis.call('GET', base .. ':rate:' .. gate.name) or '0'), now)
      local step = 1000 / gate.rate
      local opens = due - math.max(0, 1000 - step)
      if opens > now then return shut(gate, opens, step) end
      gate.due = due + step
    end
  end
  for _, gate in ipairs(gates) do
    if gate.rate then
      redis.call('SET', base .. ':rate:' .. gate.name, string.format('%.3f', gate.due), 'PX', math.ceil(gate.due - now) + 1000)
    end
  end
  return true
end

local function add(lane, header, body, gates)
  local id = redis.call('XADD', base .. ':' .. lane, '*', 'h', header, 'b', body)
  for _, gate in ipairs(gates or {}) do
    if gate.running then redis.call('ZADD', base .. ':slots:' .. gate.name, now, lane .. ' ' .. id) end
  end
end

-- A flow of parked jobs waits outside of the ring until its gate opens.
local function wait_for(gate, at, class, flow)
  redis.call('ZADD', base .. ':blocked', at, class .. ' ' .. flow)
  if gate.running then redis.call('ZADD', base .. ':waiting:' .. gate.name, 'NX', now, class .. ' ' .. flow) end
end

-- The bulk lane of a class and a flow, and how many more jobs it takes.
local lengths = {}
local function bulk(class, flow)
  local lane = 'bulk:' .. class .. ':' .. (tonumber(string.sub(flow, 36, 36), 16) or 0) % 4
  if not lengths[lane] then lengths[lane] = redis.call('XLEN', base .. ':' .. lane) end
  return lane, window - lengths[lane]
end

-- The lane of a job with gates, and the room there. A rate bounds no lane where workers are slower than it: only who holds few, or
-- may have few in the lanes, goes past the others.
local function gated_lane(gates, class, flow, count)
  for _, gate in ipairs(gates) do
    if gate.running and gate.running <= burst then return 'ready:' .. class, window end
  end
  if count <= burst then return 'ready:' .. class, window end
  return bulk(class, flow)
end

-- Lets jobs in, each { route, header, body }. Where `spare` is given nothing is parked: jobs go up to so far beyond the window,
-- and those that may not pass are returned, each with the ms at which to try again.
local function enter(jobs, spare)
  local held, refused, lists, order, parked = {}, {}, {}, {}, 0
  -- What a route says is taken apart once: hundreds of jobs may have the same.
  local flows = {}
  for _, job in ipairs(jobs) do
    local route = job[1]
    local flow = flows[route]
    if not flow then
      local own = string.sub(route, 1, 37)
      flow = { own = own, class = classes[string.sub(route, 1, 1)], name = string.sub(route, 2), gates = gates_of(route) }
      flow.ready = base .. ':ready:' .. flow.class
      flow.list = base .. ':parked:' .. flow.class .. ':' .. flow.name
      flows[route] = flow
    end
    held[flow.own] = (held[flow.own] or 0) + 1
  end
  for own, count in pairs(held) do held[own] = redis.call('HINCRBY', base .. ':held', own, count) - count end
  for _, job in ipairs(jobs) do
    local flow = flows[job[1]]
    local own, class, gates, list = flow.own, flow.class, flow.gates, flow.list
    held[own] = held[own] + 1
    local goes, gate, at = true, nil, now + 500
    if gates then
      -- Nobody overtakes those of its flow who wait.
      local lane, room = gated_lane(gates, class, flow.name, held[own])
      if not spare and (lists[list] or redis.call('EXISTS', list) == 1) or room + (spare or 0) <= 0 then
        goes = false
      else
        goes, gate, at = pass(gates)
      end
      if goes then
        add(lane, job[2], job[3], gates)
        if lengths[lane] then lengths[lane] = lengths[lane] + 1 end
      end
    elseif held[own] <= burst then
      redis.call('XADD', flow.ready, '*', 'h', job[2], 'b', job[3])
    else
      if not flow.bulk then
        flow.bulk = bulk(class, flow.name)
        flow.stream = base .. ':' .. flow.bulk
      end
      local length = lengths[flow.bulk]
      goes = window - length + (spare or 0) > 0
      if goes then
        redis.call('XADD', flow.stream, '*', 'h', job[2], 'b', job[3])
        lengths[flow.bulk] = length + 1
      end
    end
    if not goes and spare then
      held[own] = held[own] - 1
      redis.call('HINCRBY', base .. ':held', own, -1)
      refused[#refused + 1] = { job, at, gate }
    elseif not goes then
      if not lists[list] then
        lists[list] = { class = class, flow = flow.name, gate = gate, at = at }
        order[#order + 1] = list
      end
      local pushed = lists[list]
      pushed[#pushed + 1] = job[2]
      pushed[#pushed + 1] = job[3]
      parked = parked + 1
    end
  end
  for _, list in ipairs(order) do
    local pushed = lists[list]
    -- A flow that was parked before has its place in the ring, or waits for its gate.
    if redis.call('RPUSH', list, unpack(pushed)) == #pushed then
      if pushed.gate then
        wait_for(pushed.gate, pushed.at, pushed.class, pushed.flow)
      else
        redis.call('RPUSH', base .. ':ring:' .. pushed.class, pushed.flow)
      end
    end
  end
  if parked > 0 then redis.call('HINCRBY', totals, 'parked', parked) end
  if #jobs > #refused then redis.call('HINCRBY', totals, 'held', #jobs - #refused) end
  return refused
end

-- Lets jobs in from the later set. Those that may not go on stay there, and are woken by the next place of a gate as parked
-- flows are. Returns how many went in.
local function admit(ids)
  if #ids == 0 then return 0 end
  local later, jobs, moved = base .. ':later', {}, #ids
  for _, job in ipairs(ids) do
    local packed = redis.call('HGET', later .. ':jobs', job)
    if packed then
      local header, body = cmsgpack.unpack(packed)
      local route = route_of(header)
      jobs[#jobs + 1] = { route, header, body, job, packed }
      for _, gate in ipairs(gates_of(route) or {}) do
        if gate.running then redis.call('ZREM', base .. ':waiting:' .. gate.name, 'later ' .. job) end
      end
    end
  end
  redis.call('ZREM', later, unpack(ids))
  redis.call('HDEL', later .. ':jobs', unpack(ids))
  -- Beyond the window, so that a ring that always fills it does not keep the retries out.
  for _, refused in ipairs(enter(jobs, 1000)) do
    local job, at, gate = refused[1], refused[2], refused[3]
    redis.call('HSET', later .. ':jobs', job[4], job[5])
    redis.call('ZADD', later, at, job[4])
    if gate and gate.running then redis.call('ZADD', base .. ':waiting:' .. gate.name, 'NX', now, 'later ' .. job[4]) end
    moved = moved - 1
  end
  return moved
end

-- Jobs of the later set that wanted a place which `left` gave back.
local late = {}

-- Entries leave their lane: acknowledged, deleted, counted out. ids are ARGV[first] to ARGV[last]; runs, pairs of route and
-- number, say whose they are in that order. Returns how many the group had pending.
local function left(lane, first, last, runs)
  local stream = base .. ':' .. lane
  local acknowledged = redis.call('XACK', stream, group, unpack(ARGV, first, last))
  -- Who was deleted before was counted out before. Of a few among many nobody knows which: those counters forget it when the
  -- partition is empty, and a slot is an entry's own.
  local gone = redis.call('XDEL', stream, unpack(ARGV, first, last))
  if gone > 0 then redis.call('HINCRBY', totals, 'held', -gone) end
  for i = 1, #runs, 2 do
    local route, count = runs[i], runs[i + 1]
    local own = string.sub(route, 1, 37)
    if gone > 0 and redis.call('HINCRBY', base .. ':held', own, -count) <= 0 then redis.call('HDEL', base .. ':held', own) end
    for _, gate in ipairs(gates_of(route) or {}) do
      if gate.running then
        for id = first, first + count - 1 do redis.call('ZREM', base .. ':slots:' .. gate.name, lane .. ' ' .. ARGV[id]) end
        local woken, waiting = 0, base .. ':waiting:' .. gate.name
        while woken < count do
          local next = redis.call('ZPOPMIN', waiting)[1]
          if not next then break end
          local class, flow = string.match(next, '^(%S+) (%S+)$')
          if class == 'later' then
            if redis.call('ZSCORE', base .. ':later', flow) then
              late[#late + 1] = flow
              woken = woken + 1
            end
          elseif redis.call('ZREM', base .. ':blocked', next) == 1 then
            redis.call('RPUSH', base .. ':ring:' .. class, flow)
            woken = woken + 1
          end
        end
      end
    end
    first = first + count
  end
  return acknowledged
end

-- Lets up to `most` parked jobs go on: a turn is eight jobs of the flow that the ring shows, and of thirteen turns the classes
-- have eight, four and one. Returns how many.
local turns = 'hhnhhnhhnhhnl'
local function refill(most)
  if tonumber(redis.call('HGET', totals, 'parked') or '0') <= 0 then return 0 end
  local turn = tonumber(redis.call('HGET', totals, 'turn') or '0')
  local moved, ended, full, idle = 0, {}, { high = 0, normal = 0, low = 0 }, 0
  while moved < most and idle < 3 do
    turn = turn % #turns + 1
    local letter = string.sub(turns, turn, turn)
    local class = classes[letter]
    local flow = not ended[class] and redis.call('LPOP', base .. ':ring:' .. class)
    if flow then
      local list, gates = base .. ':parked:' .. class .. ':' .. flow, gates_of(letter .. flow)
      local isShut = false
      if not gates then
        local lane, room = bulk(class, flow)
        local space = math.min(8, most - moved, room)
        local jobs = space > 0 and redis.call('LPOP', list, 2 * space) or {}
        for i = 1, #jobs, 2 do redis.call('XADD', base .. ':' .. lane, '*', 'h', jobs[i], 'b', jobs[i + 1]) end
        lengths[lane] = lengths[lane] + #jobs / 2
        moved = moved + #jobs / 2
        -- Another flow may have room in its lane; some of them are asked.
        if space <= 0 then full[class] = full[class] + 1 end
      else
        local own = tonumber(redis.call('HGET', base .. ':held', letter .. string.sub(flow, 1, 36)) or '0')
        local lane, room = gated_lane(gates, class, flow, own)
        if room <= 0 then full[class] = full[class] + 1 end
        for _ = 1, math.min(8, most - moved, room, redis.call('LLEN', list) / 2) do
          local goes, gate, at = pass(gates)
          if not goes then
            wait_for(gate, at, class, flow)
            isShut = true
            break
          end
          local job = redis.call('LPOP', list, 2)
          add(lane, job[1], job[2], gates)
          if lengths[lane] then lengths[lane] = lengths[lane] + 1 end
          moved = moved + 1
        end
      end
      if not isShut and redis.call('EXISTS', list) == 1 then redis.call('RPUSH', base .. ':ring:' .. class, flow) end
    end
    if not ended[class] and (not flow or full[class] > 16) then
      ended[class] = true
      idle = idle + 1
    end
  end
  redis.call('HSET', totals, 'turn', turn)
  if moved > 0 then redis.call('HINCRBY', totals, 'parked', -moved) end
  return moved
end
