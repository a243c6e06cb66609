-- Reply: who requested the cancellation of each task, cut to `longest` bytes; nil: no user.
--#include shared/server.lua
local cancelKey = KEYS[1]
local longest = ARGV[1]
local idAt = 1  -- before the first id

local requesters = {}
for i = 1, #ARGV - idAt do
  local requester = call('HGET', cancelKey, ARGV[idAt + i])
  requesters[i] = requester and string.sub(requester, 1, longest)
end
return requesters
