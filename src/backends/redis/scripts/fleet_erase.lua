-- Removes a text of the fleet. Reply: 1; 0: there was none.
--#include shared/fleet.lua
local textsKey = KEYS[1]
local namesKey = KEYS[2]
local endsKey = KEYS[3]
local versionKey = KEYS[4]
local name = ARGV[1]

local time = now()
local existed = fleetText(call('HGET', textsKey, name), time)
call('GET', versionKey)
call('ZREM', namesKey, name)
call('ZREM', endsKey, name)
if call('HDEL', textsKey, name) == 1 then noteChange(versionKey, name, time) end
return existed and 1 or 0
