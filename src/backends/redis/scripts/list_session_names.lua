-- Reply: the names of all sessions whose score is at least `least`, without those of more than `longest` bytes.
--#include shared/server.lua
local sessionsKey = KEYS[1]
local least = ARGV[1]  -- 0: open sessions; -inf: claimed ones too
local longest = tonumber(ARGV[2])

local names = {}
for _, session in ipairs(call('ZRANGEBYSCORE', sessionsKey, least, '+inf')) do
  if #session <= longest then names[#names + 1] = session end
end
return names
