-- Claims all expired sessions but those of the caller's instances. Reply: {names of all claimed sessions, beginnings of
-- removed names, sizes of removed names}.
--
-- Another program may have written a name too long for any client to read, which would make every recovery fail. Names
-- of more than `longest` bytes are removed, at most a hundred for each call, and only their beginnings are sent.
--#include shared/server.lua
local sessionsKey = KEYS[1]
local longest = tonumber(ARGV[1])
local ownInstances = {}
for i = 2, #ARGV do ownInstances[ARGV[i]] = true end

local names, removed, sizes = {}, {}, {}
local function isName(session)
  if #session <= longest then return true end
  if #removed < 100 then
    call('ZREM', sessionsKey, session)
    removed[#removed + 1], sizes[#sizes + 1] = string.sub(session, 1, 64), #session
  end
  return false
end
for _, session in ipairs(call('ZRANGEBYSCORE', sessionsKey, 0, now())) do
  if isName(session) and not ownInstances[string.match(session, '^[^:]*')] then
    call('ZADD', sessionsKey, -1, session)
  end
end
for _, session in ipairs(call('ZRANGEBYSCORE', sessionsKey, -1, -1)) do
  if isName(session) then names[#names + 1] = session end
end
return {names, removed, sizes}
