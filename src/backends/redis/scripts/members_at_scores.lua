-- Reply: for each score the member of the queue that alone has it; nil: there is none, or more than one, or it is too
-- large to be read, or the members in front have `mostBytes` together.
--#include shared/server.lua
local queueKey = KEYS[1]
local mostBytes = tonumber(ARGV[1])
local scoreAt = 1  -- before the first score

local found, bytes = {}, 0
for i = 1, #ARGV - scoreAt do
  local score = ARGV[scoreAt + i]
  local members = bytes <= mostBytes and call('ZRANGE', queueKey, score, score, 'BYSCORE', 'LIMIT', 0, 2) or {}
  local isAlone = #members == 1 and #members[1] <= mostBytes
  found[i] = isAlone and members[1]
  if isAlone then bytes = bytes + #members[1] end
end
return found
