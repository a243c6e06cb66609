-- Stores a text of the fleet, and removes at most 100 that have expired. Reply: 1; 0: `how` is "absent", and there is a
-- text under this name.
--#include shared/fleet.lua
local textsKey = KEYS[1]
local namesKey = KEYS[2]  -- names, each with score 0, so that they can be listed in order
local endsKey = KEYS[3]   -- names with the times when they expire
local versionKey = KEYS[4]
local name, text = ARGV[1], ARGV[2]
local lifetime = ARGV[3]  -- µs; empty: it lasts
local how = ARGV[4]       -- "absent" or "always"

local time = now()
call('HLEN', textsKey)
call('ZCARD', namesKey)
call('GET', versionKey)
local function forget(gone)
  call('HDEL', textsKey, gone)
  call('ZREM', namesKey, gone)
  call('ZREM', endsKey, gone)
  noteChange(versionKey, gone, time)
end
for _, gone in ipairs(call('ZRANGE', endsKey, '-inf', time, 'BYSCORE', 'LIMIT', 0, 100)) do forget(gone) end

if how == 'absent' and fleetText(call('HGET', textsKey, name), time) then return 0 end
local expiry = lifetime == '' and '0' or string.format('%.0f', time + lifetime)
call('HSET', textsKey, name, expiry .. ' ' .. text)
call('ZADD', namesKey, 0, name)
if expiry == '0' then call('ZREM', endsKey, name) else call('ZADD', endsKey, expiry, name) end
noteChange(versionKey, name, time)
return 1
