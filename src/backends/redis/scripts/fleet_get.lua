-- Reply: a text of the fleet; nil: there is none, or one too large for leptir.
--#include shared/fleet.lua
local textsKey = KEYS[1]
local name = ARGV[1]
local largest = tonumber(ARGV[2])

if call('HSTRLEN', textsKey, name) > largest then return false end
return fleetText(call('HGET', textsKey, name), now()) or false
