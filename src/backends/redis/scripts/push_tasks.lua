-- Adds tasks to the queue. Reply: how many were added.
--
-- An id in `ids` may be of a task that a PHP consumer removed from the queue. So for an id that is pushed again the
-- script searches its task where `ids` says it is. It searches all of them together, since thousands of tasks with one
-- due time may be pushed again.
--#include shared/server.lua
--#include shared/ids.lua
--#include shared/leases.lua
--#include shared/pieces.lua
--#include shared/wake.lua
local queueKey = KEYS[1]
local idsKey = KEYS[2]
local buriedTasksKey = KEYS[3]
local sessionsKey = KEYS[4]
local wakeKey = KEYS[5]
local cancelKey = KEYS[6]
local leasedPrefix = ARGV[1]
local n = tonumber(ARGV[2])
-- Blocks of n arguments, each before its first: ids, due times (empty: now), envelopes.
local idAt, dueAt, envelopeAt = 2, 2 + n, 2 + 2 * n

local time = now()
call('HLEN', cancelKey)
call('HLEN', buriedTasksKey)

-- `missing` maps ids to their values in `ids`. Removes the ids whose tasks exist. A task whose due time it shares with
-- more than `most` members counts as existing, without a search.
local function removeExisting(missing, most)
  local function removeIdOf(envelope)
    local id = idOf(envelope)
    if id then missing[id] = nil end
  end
  local membersAt = {}  -- by score: how many members of the queue have it
  for id, value in pairs(missing) do  -- 'b': buried; 'n': revived, without an id in its envelope
    local mark = string.sub(value, 1, 1)
    if mark == 'n' then
      local score = string.sub(value, 2)
      if call('ZCOUNT', queueKey, score, score) > 0 then missing[id] = nil end
    elseif mark ~= 'b' then
      membersAt[value] = membersAt[value] or call('ZCOUNT', queueKey, value, value)
      if membersAt[value] > most then missing[id] = nil end
    elseif call('HEXISTS', buriedTasksKey, id) == 1 then
      missing[id] = nil
    end
  end
  for score, members in pairs(membersAt) do
    if members > 0 and members <= most then
      local first = call('ZCOUNT', queueKey, '-inf', '(' .. score)
      for from = first, first + members - 1, 100 do
        local upTo = math.min(from + 99, first + members - 1)
        for _, envelope in ipairs(call('ZRANGE', queueKey, from, upTo)) do removeIdOf(envelope) end
      end
    end
  end
  if not next(missing) then return end
  for _, session in ipairs(call('ZRANGE', sessionsKey, 0, -1)) do
    local leasedKey = leasedPrefix .. session
    for _, number in ipairs(redis.pcall('HKEYS', leasedKey)) do removeIdOf(call('HGET', leasedKey, number)) end
  end
end

local waiting = call('ZCARD', queueKey)
local known, missing = {}, {}
for first = 1, n, 6000 do
  local last = math.min(first + 5999, n)
  local found = call('HMGET', idsKey, unpack(ARGV, idAt + first, idAt + last))
  for i = first, last do
    local value = found[i - first + 1]
    known[i] = value
    -- Most tasks that are pushed again are still in the queue, byte for byte.
    if value and not call('ZSCORE', queueKey, ARGV[envelopeAt + i]) then missing[ARGV[idAt + i]] = value end
  end
end
if next(missing) then removeExisting(missing, math.huge) end

local members, dues, added = {}, {}, 0
for i = 1, n do
  local id = ARGV[idAt + i]
  if not known[i] or missing[id] then
    local due = ARGV[dueAt + i]
    if due == '' then due = (time - n + i) / 1000000 end
    members[2 * added + 1], members[2 * added + 2] = due, ARGV[envelopeAt + i]
    dues[2 * added + 1], dues[2 * added + 2] = id, due
    added = added + 1
  end
end
inPieces('ZADD', queueKey, members, 1, 2 * added)
inPieces('HSET', idsKey, dues, 1, 2 * added)
-- A cancel request under such an id was for an earlier task.
if call('EXISTS', cancelKey) == 1 then
  for i = 1, added do call('HDEL', cancelKey, dues[2 * i - 1]) end
end
if added > 0 then wakeInstances(wakeKey) end

-- A task that a PHP consumer removed leaves its id in `ids`. When most ids are of such tasks, some random ids are
-- checked and forgotten.
local function hasMostlyStaleIds()
  local ids = call('HLEN', idsKey)
  if ids <= 1000 + 2 * waiting then return false end
  local tasks = waiting + added + call('HLEN', buriedTasksKey)
  for _, session in ipairs(call('ZRANGE', sessionsKey, 0, -1)) do
    tasks = tasks + countLeases(leasedPrefix .. session)
  end
  return ids > 1000 + 2 * tasks
end
if hasMostlyStaleIds() then
  local some, stale, staleIds = call('HRANDFIELD', idsKey, 200 + 3 * n, 'WITHVALUES'), {}, {}
  for i = 1, #some, 2 do stale[some[i]] = some[i + 1] end
  removeExisting(stale, 1000)
  for id in pairs(stale) do staleIds[#staleIds + 1] = id end
  inPieces('HDEL', idsKey, staleIds, 1, #staleIds)
end
return added
