-- Begins a job that may be what killed its workers, or a run of which there may be a second entry.
--
-- Who began a job stands in `starters` until the job has come to its end, is put off, or is given back by that worker: words
-- `<a, b or d><worker>/<lane>/<entry>`, a for one that ran it alone (after a crash), b for one that ran it beside others, d for one
-- that ran it alone and was declared dead with the entry in hand (`claim`). Two lost answers of one worker are one word, and a worker
-- that lives is no death.
-- ARGV … lane, entry id, route, job id, worker, a or b, 1 where no second entry is to be begun beside the first
-- Returns how many other workers ran it alone and died. -1: the entry is not, or no more, this worker's. -2: another entry of the
-- job is in a worker's hands, or in those of a dead one from which it will be taken; this one was removed.
local stream, starters = base .. ':' .. ARGV[4], base .. ':starters'
local id, job, worker = ARGV[5], ARGV[7], ARGV[8]
if #redis.call('XPENDING', stream, group, id, id, 1, worker) == 0 then return -1 end
local words = redis.call('HGET', starters, job) or ''
local mine, is_noted, deaths, counted = ARGV[9] .. worker .. '/' .. ARGV[4] .. '/' .. id, false, 0, {}
for word in string.gmatch(words, '%S+') do
  local way, who, lane, entry = string.match(word, '^(%a)([^/]+)/([^/]+)/([^/]+)$')
  if word == mine then is_noted = true end
  if ARGV[10] == '1' and way and (lane ~= ARGV[4] or entry ~= id) and #redis.call('XPENDING', base .. ':' .. lane, group, entry, entry, 1) > 0 then
    if left(ARGV[4], 5, 5, { ARGV[6], 1 }) > 0 then redis.call('HINCRBY', totals, 'repeated', 1) end
    admit(late)
    return -2
  end
  -- Whose beat was taken away is dead as well: his entries went with their group.
  if who ~= worker and not counted[who] and (way == 'd' or way == 'a' and not redis.call('ZSCORE', base .. ':beats', who)) then
    counted[who] = true
    deaths = deaths + 1
  end
end
if not is_noted then redis.call('HSET', starters, job, words == '' and mine or words .. ' ' .. mine) end
return deaths
