-- Says how many buried tasks may be read: the first of the list, as many as have `mostBytes` together (at least one).
-- Reply: {how many ids were visited, positions and sizes of the values that are larger than `largest`: these count
-- nothing, and should not be read}.
--
-- The values are read by one HMGET afterwards: in a script each would be copied twice.
--#include shared/server.lua
local buriedTasksKey = KEYS[1]
local mostBytes = tonumber(ARGV[1])
local largest = tonumber(ARGV[2])
local idAt = 2  -- before the first id

local visited, bytes, tooLarge = 0, 0, {}
for i = 1, #ARGV - idAt do
  local size = call('HSTRLEN', buriedTasksKey, ARGV[idAt + i])
  if size <= largest then bytes = bytes + size end
  if i > 1 and bytes > mostBytes then break end
  if size > largest then tooLarge[#tooLarge + 1], tooLarge[#tooLarge + 2] = i, size end
  visited = i
end
return {visited, tooLarge}
