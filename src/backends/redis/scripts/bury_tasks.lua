-- Buries leased tasks. Reply: positions of leases that the session does not hold; -1: the session is lost.
--#include shared/server.lua
--#include shared/is_open.lua
--#include shared/burial_order.lua
--#include shared/bury_leased.lua
local sessionsKey = KEYS[1]
local leasedKey = KEYS[2]
local idsKey = KEYS[3]
local cancelKey = KEYS[4]
local buriedKey = KEYS[5]
local buriedTasksKey = KEYS[6]
local originalScoresKey = KEYS[7]
local session = ARGV[1]
local n = tonumber(ARGV[2])
-- Blocks of n arguments, each before its first: lease numbers, ids, spare ids, values of buried tasks.
local numberAt, idAt, spareIdAt, valueAt = 2, 2 + n, 2 + 2 * n, 2 + 3 * n

if not isOpen(sessionsKey, session) then return -1 end
local order = nextBurialOrder(buriedKey)
call('HLEN', buriedTasksKey)
call('HLEN', idsKey)
call('HLEN', cancelKey)
call('HLEN', originalScoresKey)
local lost = {}
for i = 1, n do
  local number = ARGV[numberAt + i]
  if call('HDEL', leasedKey, number) == 1 then
    buryLeased(buriedKey, buriedTasksKey, idsKey, originalScoresKey, cancelKey, ARGV[idAt + i], number,
               ARGV[spareIdAt + i], ARGV[valueAt + i], order + i)
  else
    lost[#lost + 1] = i
  end
end
return lost
