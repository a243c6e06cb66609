-- Buries leased tasks. Reply: positions of leases that the session does not hold; -1: the session is lost. A task
-- without an id, or with the id of a buried task, is buried under its spare id. Values have the form of redis_buried.h.
--#include shared/server.lua
--#include shared/is_open.lua
--#include shared/burial_order.lua
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

local function bury(i)
  local number, id = ARGV[numberAt + i], ARGV[idAt + i]
  local due = id ~= '' and call('HGET', idsKey, id) or call('HGET', originalScoresKey, number) or ''
  call('HDEL', originalScoresKey, number)
  if id ~= '' then call('HDEL', cancelKey, id) end
  if id == '' or call('HEXISTS', buriedTasksKey, id) == 1 then id = ARGV[spareIdAt + i] end
  call('HSET', buriedTasksKey, id, ARGV[valueAt + i])
  call('ZADD', buriedKey, order + i, id)
  call('HSET', idsKey, id, 'b' .. due)
end

local lost = {}
for i = 1, n do
  if call('HDEL', leasedKey, ARGV[numberAt + i]) == 1 then
    bury(i)
  else
    lost[#lost + 1] = i
  end
end
return lost
