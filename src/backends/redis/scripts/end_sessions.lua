-- Expires the open sessions of an instance, so that they can be claimed. Reply: how many there were.
--#include shared/server.lua
--#include shared/is_open.lua
local sessionsKey = KEYS[1]
local instancePrefix = ARGV[1]  -- "instance:", the beginning of the names of its sessions

local ended = 0
for _, session in ipairs(call('ZRANGE', sessionsKey, 0, -1)) do
  if string.sub(session, 1, #instancePrefix) == instancePrefix and isOpen(sessionsKey, session) then
    call('ZADD', sessionsKey, 0, session)
    ended = ended + 1
  end
end
return ended
