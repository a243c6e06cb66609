-- Reply: numbers of tasks: {due, scheduled, leased, buried}.
--#include shared/server.lua
--#include shared/leases.lua
local queueKey = KEYS[1]
local sessionsKey = KEYS[2]
local buriedTasksKey = KEYS[3]
local leasedPrefix = ARGV[1]

local time = call('TIME')
local due = call('ZCOUNT', queueKey, '-inf', time[1] .. '.' .. string.format('%06d', time[2]))
local leased = 0
for _, session in ipairs(call('ZRANGE', sessionsKey, 0, -1)) do
  leased = leased + countLeases(leasedPrefix .. session)
end
return {due, call('ZCARD', queueKey) - due, leased, call('HLEN', buriedTasksKey)}
