-- Puts buried tasks back into the queue. Reply: positions of tasks that are not buried with the values that the caller
-- read. A task without an id gets a mark before its score in `ids`: the mark says that the id there is the one given at
-- its burial.
--
-- One command for many tasks costs a third of a command for each.
--#include shared/server.lua
--#include shared/pieces.lua
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

local time = now()
call('ZCARD', queueKey)
call('HLEN', idsKey)
call('ZCARD', buriedKey)
local ids, members, dues, equal, isAdded, missing = {}, {}, {}, {}, {}, {}
local function revive(i, isInQueue)
  local id, mark, due = ARGV[idAt + i], ARGV[markAt + i], string.format('%.17g', (time - n + i) / 1000000)
  local envelope = ARGV[envelopeAt + i]
  ids[#ids + 1] = id
  dues[#dues + 1], dues[#dues + 2] = id, mark .. due
  if isInQueue or isAdded[envelope] then
    equal[#equal + 1] = {due, envelope}
  else
    isAdded[envelope] = true
    members[#members + 1], members[#members + 2] = due, envelope
  end
end
for first = 1, n, 500 do
  local last = math.min(first + 499, n)
  local values = call('HMGET', buriedTasksKey, unpack(ARGV, idAt + first, idAt + last))
  local scores = call('ZMSCORE', queueKey, unpack(ARGV, envelopeAt + first, envelopeAt + last))
  for i = first, last do
    if values[i - first + 1] == ARGV[valueAt + i] then
      revive(i, scores[i - first + 1])
    else
      missing[#missing + 1] = i
    end
  end
end
inPieces('HDEL', buriedTasksKey, ids, 1, #ids)
inPieces('ZREM', buriedKey, ids, 1, #ids)
inPieces('ZADD', queueKey, members, 1, #members)
for _, each in ipairs(equal) do addToQueue(queueKey, idsKey, each[1], each[2], '') end
inPieces('HSET', idsKey, dues, 1, #dues)
if #ids > 0 then wakeInstances(wakeKey) end
return missing
