-- Puts buried tasks back into the queue. Reply: positions of tasks that are not buried with the values that the caller
-- read. A task without an id gets a mark before its score in `ids`: the mark says that the id there is the one given at
-- its burial.
--
-- One command for many tasks costs a third of a command for each. The end of a value is the end of its envelope, and is
-- not sent: that makes the script by a fifth shorter. As a rule the whole envelope is that end.
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
-- Blocks of n arguments, each before its first: ids, heads of the values. Behind them, for each task whose envelope has
-- another head than the empty one, or a mark: its position, that head, the mark.
local idAt, valueHeadAt, othersAt = 1, 1 + n, 1 + 2 * n

local time = now()
call('ZCARD', queueKey)
call('HLEN', idsKey)
call('ZCARD', buriedKey)
local envelopeHeads, idEntryPrefixes = {}, {}
for at = othersAt + 1, #ARGV, 3 do
  local i = tonumber(ARGV[at])
  envelopeHeads[i], idEntryPrefixes[i] = ARGV[at + 1], ARGV[at + 2]
end
-- When task i is due, in seconds. %d costs a tenth of %.17g.
local function dueOf(i)
  local microseconds = time - n + i
  return string.format('%d.%06d', microseconds / 1000000, microseconds % 1000000)
end
-- `dues` has ids and values of the hash `ids`; `members` has scores and members of the queue.
local ids, dues, members, missing = {}, {}, {}, {}
local function take(i, value)
  local id, head, due = ARGV[idAt + i], ARGV[valueHeadAt + i], dueOf(i)
  if not value or string.sub(value, 1, #head) ~= head then
    missing[#missing + 1] = i
    return
  end
  local envelope, at = string.sub(value, #head + 1), #ids + 1
  if envelopeHeads[i] then envelope = envelopeHeads[i] .. envelope end
  ids[at] = id
  dues[2 * at - 1], dues[2 * at] = id, idEntryPrefixes[i] and idEntryPrefixes[i] .. due or due
  members[2 * at - 1], members[2 * at] = due, envelope
end
for first = 1, n, 1000 do
  local last = math.min(first + 999, n)
  local values = call('HMGET', buriedTasksKey, unpack(ARGV, idAt + first, idAt + last))
  for i = first, last do take(i, values[i - first + 1]) end
end

-- Removes those pairs from `members` whose member the queue has for another task of the very same bytes, and returns
-- them. isOfAnother(score in the queue, score of the pair) tells.
local function takeEqual(isOfAnother)
  local equal, others = {}, {}
  for first = 1, #members, 2000 do
    local last, piece = math.min(first + 1999, #members), {}
    for at = first + 1, last, 2 do piece[#piece + 1] = members[at] end
    for k, score in ipairs(call('ZMSCORE', queueKey, unpack(piece))) do
      local due = members[first + 2 * k - 2]
      local to = isOfAnother(score, due) and equal or others
      to[#to + 1], to[#to + 2] = due, piece[k]
    end
  end
  members = others
  return equal
end
-- Returns how many were added.
local function addAll()
  local added = 0
  for first = 1, #members, 6000 do
    added = added + call('ZADD', queueKey, 'NX', unpack(members, first, math.min(first + 5999, #members)))
  end
  return added
end
local function addAgain(equal)
  for at = 1, #equal, 2 do addToQueue(queueKey, idsKey, equal[at], equal[at + 1], '') end
end

inPieces('HDEL', buriedTasksKey, ids, 1, #ids)
inPieces('ZREM', buriedKey, ids, 1, #ids)
-- Where no task waits at one of the new scores, the scores tell afterwards which members were not added. Otherwise a
-- task may have had the same score and the same bytes already, so that all members are looked up first.
local waiting = {}
if call('ZCOUNT', queueKey, dueOf(1), dueOf(n)) > 0 then waiting = takeEqual(function(score) return score end) end
if addAll() < #members / 2 then
  addAgain(takeEqual(function(score, due) return tonumber(score) ~= tonumber(due) end))
end
addAgain(waiting)
inPieces('HSET', idsKey, dues, 1, #dues)
if #ids > 0 then wakeInstances(wakeKey) end
return missing
