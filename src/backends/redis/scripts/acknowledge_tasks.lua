-- Removes leased tasks. Reply: positions of leases that the session does not hold; -1: the session is lost.
--
-- `known` is "held" when the caller has leased all of these tasks and settled none: then all of them are held, unless
-- the session was claimed, and the reply is an empty list. One HDEL of many fields costs half of many HDELs of one, but
-- returns only a count, which is enough in this case.
--#include shared/server.lua
--#include shared/is_open.lua
--#include shared/pieces.lua
local sessionsKey = KEYS[1]
local leasedKey = KEYS[2]
local idsKey = KEYS[3]
local cancelKey = KEYS[4]
local originalScoresKey = KEYS[5]
local session = ARGV[1]
local n = tonumber(ARGV[2])
local known = ARGV[3]
-- Blocks of n arguments, each before its first: lease numbers, ids.
local numberAt, idAt = 3, 3 + n

if not isOpen(sessionsKey, session) then return -1 end
local function forget(ids, from, to)
  inPieces('HDEL', idsKey, ids, from, to)
  if call('EXISTS', cancelKey) == 1 then inPieces('HDEL', cancelKey, ids, from, to) end
  if call('EXISTS', originalScoresKey) == 1 then
    inPieces('HDEL', originalScoresKey, ARGV, numberAt + 1, numberAt + n)
  end
end
if known == 'held' then
  local gone = 0
  for first = numberAt + 1, numberAt + n, 6000 do
    gone = gone + call('HDEL', leasedKey, unpack(ARGV, first, math.min(first + 5999, numberAt + n)))
  end
  if gone == n then forget(ARGV, idAt + 1, idAt + n) end
  return {}
end
local gone, lost = {}, {}
for i = 1, n do
  if call('HDEL', leasedKey, ARGV[numberAt + i]) == 1 then
    gone[#gone + 1] = ARGV[idAt + i]
  else
    lost[#lost + 1] = i
  end
end
forget(gone, 1, #gone)
return lost
