-- Reads buried tasks, the first of the list, as many as have `mostBytes` together (at least one). Reply: {values, marks}:
-- of each visited id the value (nil: it is not buried; a number: its size, if it is larger than `largest`), and what
-- the hash `ids` has of it.
--#include shared/server.lua
local buriedTasksKey = KEYS[1]
local idsKey = KEYS[2]
local mostBytes = tonumber(ARGV[1])
local largest = tonumber(ARGV[2])
local idAt = 2  -- before the first id

local values, marks, bytes = {}, {}, 0
for i = 1, #ARGV - idAt do
  local id = ARGV[idAt + i]
  local size = call('HSTRLEN', buriedTasksKey, id)
  if size <= largest then bytes = bytes + size end
  if i > 1 and bytes > mostBytes then break end
  values[i] = size
  if size <= largest then values[i] = call('HGET', buriedTasksKey, id) end
  marks[i] = call('HSTRLEN', idsKey, id) <= 64 and call('HGET', idsKey, id)
end
return {values, marks}
