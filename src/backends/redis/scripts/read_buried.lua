-- Reads buried tasks, the first of the list, as many as have `mostBytes` together (at least one). Reply: {values, marks}:
-- of each visited id the value (nil: it is not buried; a number: its size, if it is larger than `largest`), and what
-- the hash `ids` has of it.
--#include shared/server.lua
local buriedTasksKey = KEYS[1]
local idsKey = KEYS[2]
local mostBytes = tonumber(ARGV[1])
local largest = tonumber(ARGV[2])
local idAt = 2  -- before the first id

-- The values of the ids `first` to `last`, none of which is large.
local values, marks, bytes = {}, {}, 0
local function read(first, last)
  local found = call('HMGET', buriedTasksKey, unpack(ARGV, idAt + first, idAt + last))
  for i = first, last do values[i] = found[i - first + 1] end
end
local function markOf(id) return call('HSTRLEN', idsKey, id) <= 64 and call('HGET', idsKey, id) end

local unread = 1  -- the first id whose value is still to be read
local visited = 0
for i = 1, #ARGV - idAt do
  local size = call('HSTRLEN', buriedTasksKey, ARGV[idAt + i])
  if size <= largest then bytes = bytes + size end
  if i > 1 and bytes > mostBytes then break end
  visited = i
  marks[i] = markOf(ARGV[idAt + i])
  if size > largest then
    if unread < i then read(unread, i - 1) end
    values[i], unread = size, i + 1
  elseif i - unread == 199 then
    read(unread, i)
    unread = i + 1
  end
end
if unread <= visited then read(unread, visited) end
return {values, marks}
