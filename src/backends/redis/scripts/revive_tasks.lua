-- Puts buried tasks back into the queue. Reply: how many: those still buried with the values that the caller read. A
-- task without an id gets a mark before its score in `ids`: the mark says that the id there is the one given at its
-- burial.
--#include shared/server.lua
--#include shared/queue.lua
--#include shared/wake.lua
local queueKey = KEYS[1]
local idsKey = KEYS[2]
local buriedKey = KEYS[3]
local buriedTasksKey = KEYS[4]
local wakeKey = KEYS[5]
local n = tonumber(ARGV[1])
-- Blocks of n arguments, each before its first: ids, values of the buried tasks, envelopes, marks.
local idAt, valueAt, envelopeAt, markAt = 1, 1 + n, 1 + 2 * n, 1 + 3 * n

local time, revived = now(), 0
call('ZCARD', queueKey)
call('HLEN', idsKey)
call('ZCARD', buriedKey)
for i = 1, n do
  local id, mark, due = ARGV[idAt + i], ARGV[markAt + i], (time - n + i) / 1000000
  if call('HGET', buriedTasksKey, id) == ARGV[valueAt + i] then
    call('HDEL', buriedTasksKey, id)
    call('ZREM', buriedKey, id)
    addToQueue(queueKey, idsKey, due, ARGV[envelopeAt + i], id)
    if mark ~= '' then call('HSET', idsKey, id, mark .. string.format('%.17g', due)) end
    revived = revived + 1
  end
end
if revived > 0 then wakeInstances(wakeKey) end
return revived
