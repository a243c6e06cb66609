-- Removes buried tasks, the first of the list, until they have more than `mostBytes`. Reply: {how many ids were visited,
-- positions of those that are not buried}.
--#include shared/server.lua
--#include shared/pieces.lua
local buriedKey = KEYS[1]
local buriedTasksKey = KEYS[2]
local idsKey = KEYS[3]
local mostBytes = tonumber(ARGV[1])
local idAt = 1  -- before the first id
local n = #ARGV - idAt

call('ZCARD', buriedKey)
call('HLEN', idsKey)
local removed, missing, bytes, visited = {}, {}, 0, 0
while visited < n and bytes <= mostBytes do
  visited = visited + 1
  local id = ARGV[idAt + visited]
  bytes = bytes + call('HSTRLEN', buriedTasksKey, id)
  if call('HDEL', buriedTasksKey, id) == 1 then removed[#removed + 1] = id else missing[#missing + 1] = visited end
end
inPieces('ZREM', buriedKey, removed, 1, #removed)
inPieces('HDEL', idsKey, removed, 1, #removed)
return {visited, missing}
