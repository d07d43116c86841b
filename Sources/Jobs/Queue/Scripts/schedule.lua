-- Puts jobs into the later set, each to its own time by the clock on the wall. Doing it again changes nothing.
-- ARGV … job id, due at ms, header, body for each job
for i = 4, #ARGV, 4 do
  redis.call('HSET', base .. ':later:jobs', ARGV[i], cmsgpack.pack(ARGV[i + 2], ARGV[i + 3]))
  redis.call('ZADD', base .. ':later', ARGV[i + 1], ARGV[i])
end
return (#ARGV - 3) / 4
