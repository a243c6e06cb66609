-- Reply: for each session {µs until it expires, number of its leases, card}; nil: it is not open. A card of more than
-- `longestCard` bytes is left out, as are all cards if their key holds a value of another type.
--#include shared/server.lua
--#include shared/leases.lua
local sessionsKey = KEYS[1]
local cardsKey = KEYS[2]
local leasedPrefix = ARGV[1]
local longestCard = tonumber(ARGV[2])
local nameAt = 2  -- before the first name

local function cardOf(session)
  local size = redis.pcall('HSTRLEN', cardsKey, session)
  if type(size) ~= 'number' or size > longestCard then return '' end
  return call('HGET', cardsKey, session) or ''
end
local time, descriptions = now(), {}
for i = 1, #ARGV - nameAt do
  local session = ARGV[nameAt + i]
  local expiry = tonumber(call('ZSCORE', sessionsKey, session) or nil)
  descriptions[i] = false
  if expiry and expiry >= 0 then
    local left = math.max(0, math.min(expiry - time, 1e15))
    descriptions[i] = {left, countLeases(leasedPrefix .. session), cardOf(session)}
  end
end
return descriptions
