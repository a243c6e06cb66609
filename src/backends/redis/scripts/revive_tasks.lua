-- Puts buried tasks back into the queue. Reply: positions of tasks that are not buried with the values that the caller
-- read. A task without an id gets a mark before its score in `ids`: the mark says that the id there is the one given at
-- its burial.
--
-- One command for many tasks costs a third of a command for each. The end of a value is the end of its envelope, and is
-- not sent: that makes the script by a fifth shorter.
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
-- Blocks of n arguments, each before its first: ids, heads of the values, what stands in the envelopes instead, marks.
local idAt, valueHeadAt, envelopeHeadAt, markAt = 1, 1 + n, 1 + 2 * n, 1 + 3 * n

local time = now()
call('ZCARD', queueKey)
call('HLEN', idsKey)
call('ZCARD', buriedKey)
local ids, members, dues, equal, isAdded, missing = {}, {}, {}, {}, {}, {}
-- In seconds. %d costs a tenth of %.17g.
local function secondsOf(microseconds)
  return string.format('%d.%06d', math.floor(microseconds / 1000000), microseconds % 1000000)
end
-- Empty: the value is not the one that the caller read.
local function envelopeIn(value, i)
  local head = ARGV[valueHeadAt + i]
  if not value or string.sub(value, 1, #head) ~= head then return '' end
  return ARGV[envelopeHeadAt + i] .. string.sub(value, #head + 1)
end
local function revive(i, envelope, isInQueue)
  local id, due = ARGV[idAt + i], secondsOf(time - n + i)
  ids[#ids + 1] = id
  dues[#dues + 1], dues[#dues + 2] = id, ARGV[markAt + i] .. due
  if isInQueue or isAdded[envelope] then
    equal[#equal + 1] = {due, envelope}
  else
    isAdded[envelope] = true
    members[#members + 1], members[#members + 2] = due, envelope
  end
end
for first = 1, n, 500 do
  local last = math.min(first + 499, n)
  local values, envelopes = call('HMGET', buriedTasksKey, unpack(ARGV, idAt + first, idAt + last)), {}
  for i = first, last do envelopes[i - first + 1] = envelopeIn(values[i - first + 1], i) end
  local scores = call('ZMSCORE', queueKey, unpack(envelopes))
  for i = first, last do
    local envelope = envelopes[i - first + 1]
    if envelope == '' then missing[#missing + 1] = i else revive(i, envelope, scores[i - first + 1]) end
  end
end
inPieces('HDEL', buriedTasksKey, ids, 1, #ids)
inPieces('ZREM', buriedKey, ids, 1, #ids)
inPieces('ZADD', queueKey, members, 1, #members)
for _, each in ipairs(equal) do addToQueue(queueKey, idsKey, each[1], each[2], '') end
inPieces('HSET', idsKey, dues, 1, #dues)
if #ids > 0 then wakeInstances(wakeKey) end
return missing
