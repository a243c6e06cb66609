-- Removes tasks from the queue. Reply: positions of tasks that are not there.
--#include shared/server.lua
--#include shared/pieces.lua
local queueKey = KEYS[1]
local idsKey = KEYS[2]
local cancelKey = KEYS[3]
local n = tonumber(ARGV[1])
-- Blocks of n arguments, each before its first: members of the queue, ids.
local memberAt, idAt = 1, 1 + n

call('HLEN', idsKey)
local hasCancelRequests = call('HLEN', cancelKey) > 0
local removed, missing = {}, {}
for i = 1, n do
  if call('ZREM', queueKey, ARGV[memberAt + i]) == 1 then
    removed[#removed + 1] = ARGV[idAt + i]
  else
    missing[#missing + 1] = i
  end
end
inPieces('HDEL', idsKey, removed, 1, #removed)
if hasCancelRequests then inPieces('HDEL', cancelKey, removed, 1, #removed) end
return missing
