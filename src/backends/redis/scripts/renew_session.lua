-- Prolongs a session. Reply: {positions of lost leases, positions of leases to cancel, who requested each cancellation,
-- cut to `longest` bytes}; -1: the session is lost.
--#include shared/server.lua
--#include shared/is_open.lua
local sessionsKey = KEYS[1]
local leasedKey = KEYS[2]
local cancelKey = KEYS[3]
local session = ARGV[1]
local lease = ARGV[2]  -- µs
local n = tonumber(ARGV[3])
-- Blocks of n arguments, each before its first: lease numbers, ids.
local numberAt, idAt = 3, 3 + n
local longest = ARGV[4 + 2 * n]

if not isOpen(sessionsKey, session) then return -1 end
call('ZADD', sessionsKey, 'XX', now() + lease, session)
local hasCancelRequests = call('EXISTS', cancelKey) == 1
local lost, cancelled, requesters = {}, {}, {}
for i = 1, n do
  local id = ARGV[idAt + i]
  if call('HEXISTS', leasedKey, ARGV[numberAt + i]) == 0 then
    lost[#lost + 1] = i
  elseif hasCancelRequests and id ~= '' then
    local requester = call('HGET', cancelKey, id)
    if requester then
      cancelled[#cancelled + 1], requesters[#requesters + 1] = i, string.sub(requester, 1, longest)
    end
  end
end
return {lost, cancelled, requesters}
