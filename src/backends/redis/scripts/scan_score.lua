-- One step of a search among the members with one score. Reply: {where the next step begins or "0", members}, without
-- members that are too large to be read. Reads four members at once, since each may have 16 MiB.
--#include shared/server.lua
local queueKey = KEYS[1]
local score = ARGV[1]
local first = tonumber(ARGV[2])
local most = tonumber(ARGV[3])
local mostBytes = tonumber(ARGV[4])
local largest = tonumber(ARGV[5])

local before, members = call('ZCOUNT', queueKey, '-inf', '(' .. score), call('ZCOUNT', queueKey, score, score)
local found, bytes, last = {}, 0, math.min(first + most, members)
while first < last and bytes <= mostBytes do
  local upTo = math.min(first + 4, last)
  for _, envelope in ipairs(call('ZRANGE', queueKey, before + first, before + upTo - 1)) do
    bytes = bytes + #envelope
    if #envelope <= largest then found[#found + 1] = envelope end
  end
  first = upTo
end
return {first < members and tostring(first) or '0', found}
