-- Lets jobs in.
-- ARGV … route, header, body for each job
local jobs = {}
for i = 4, #ARGV, 3 do jobs[#jobs + 1] = { ARGV[i], ARGV[i + 1], ARGV[i + 2] } end
enter(jobs)
return #jobs
