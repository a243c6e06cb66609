-- Buries leased tasks of more than `largest` bytes, under new ids, without sending them to a client. Reply: the ids of
-- what was buried, each with the reason behind it.
--#include shared/server.lua
--#include shared/bury_too_large.lua
local leasedKey = KEYS[1]
local idsKey = KEYS[2]
local buriedKey = KEYS[3]
local buriedTasksKey = KEYS[4]
local largest = tonumber(ARGV[1])
local numberAt = 1  -- before the first lease number

local burials = {}
for i = 1, #ARGV - numberAt do
  local number = ARGV[numberAt + i]
  local envelope = call('HGET', leasedKey, number)
  if envelope and #envelope > largest then
    buryTooLarge(buriedKey, buriedTasksKey, idsKey, envelope, largest, burials)
    call('HDEL', leasedKey, number)
  end
end
return burials
