--#include shared/server.lua
-- A value in the hash `fleet`: "expiry text", the expiry in µs of the server's clock; 0: it lasts.
local function fleetText(value, time)
  local _, space, expiry = string.find(value or '', '^(%d+) ')
  if not space or expiry ~= '0' and tonumber(expiry) <= time then return nil end
  return string.sub(value, space + 1)
end
-- Orders and pauses are what FleetStore::version() tells of. A version is at least the time, so that none is repeated
-- after the key was lost.
local function noteChange(versionKey, name, time)
  if string.sub(name, 1, 7) ~= 'orders/' and string.sub(name, 1, 7) ~= 'pauses/' then return end
  local last = tonumber(call('GET', versionKey) or 0) or 0
  if not (last >= 0 and last < 4503599627370496) then last = 0 end
  call('SET', versionKey, string.format('%.0f', math.max(time, last + 1)))
end
