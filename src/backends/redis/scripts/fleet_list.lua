-- Lists texts of the fleet in the order of their names. Reply: {whether these are all: 1 or 0, the last name visited,
-- {name, text, …}}, without those that have expired, or are too large for leptir.
--#include shared/fleet.lua
local textsKey = KEYS[1]
local namesKey = KEYS[2]
local first, last = ARGV[1], ARGV[2]  -- names in the form of ZRANGE BYLEX
local limit = tonumber(ARGV[3])
local mostBytes = tonumber(ARGV[4])  -- that a reply has
local largest = tonumber(ARGV[5])

local time = now()
local visitedName, found, bytes = '', {}, 0
local function visit(name)
  visitedName = name
  local size = #name <= largest and call('HSTRLEN', textsKey, name) or math.huge
  local text = size <= largest and fleetText(call('HGET', textsKey, name), time)
  if not text then return end
  bytes = bytes + #name + #text
  found[#found + 1], found[#found + 2] = name, text
end
local names = call('ZRANGE', namesKey, first, last, 'BYLEX', 'LIMIT', 0, 1000)
for _, name in ipairs(names) do
  if #found >= 2 * limit or bytes > mostBytes then return {0, visitedName, found} end
  visit(name)
end
return {#names < 1000 and 1 or 0, visitedName, found}
