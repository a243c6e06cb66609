// The body of the script that adds tasks (RedisScripts::push). redis_scripts.cc, the only file that includes this one,
// puts shared functions before it.
#pragma once

#include <string_view>

namespace leptir::redis {

// An id in `ids` may be of a task that a PHP consumer removed from the queue. So for an id that is pushed again the
// script searches its task where `ids` says it is. It searches all of them together, since thousands of tasks with one
// due time may be pushed again.
inline constexpr std::string_view kPush = R"(
local queue, ids, buriedTasks, sessions, wake, cancel = unpack(KEYS)
local leasedPrefix, n, time = ARGV[1], tonumber(ARGV[2]), now()
call('HLEN', cancel)
call('HLEN', buriedTasks)

-- `missing` maps ids to their values in `ids`. Removes the ids whose tasks exist. A task whose due time it shares with
-- more than `most` members counts as existing, without a search.
local function takeOutThePresent(missing, most)
  local function look(envelope)
    local id = idOf(envelope)
    if id then missing[id] = nil end
  end
  local crowds = {}
  for id, place in pairs(missing) do  -- 'b': buried; 'n': revived, without an id in its envelope
    local mark = string.sub(place, 1, 1)
    if mark == 'n' then
      local at = string.sub(place, 2)
      if call('ZCOUNT', queue, at, at) > 0 then missing[id] = nil end
    elseif mark ~= 'b' then
      crowds[place] = crowds[place] or call('ZCOUNT', queue, place, place)
      if crowds[place] > most then missing[id] = nil end
    elseif call('HEXISTS', buriedTasks, id) == 1 then
      missing[id] = nil
    end
  end
  for place, crowd in pairs(crowds) do
    if crowd > 0 and crowd <= most then
      local first = call('ZCOUNT', queue, '-inf', '(' .. place)
      for from = first, first + crowd - 1, 100 do
        for _, envelope in ipairs(call('ZRANGE', queue, from, math.min(from + 99, first + crowd - 1))) do look(envelope) end
      end
    end
  end
  if not next(missing) then return end
  for _, session in ipairs(call('ZRANGE', sessions, 0, -1)) do
    local leased = leasedPrefix .. session
    for _, number in ipairs(redis.pcall('HKEYS', leased)) do look(call('HGET', leased, number)) end
  end
end

local waiting = call('ZCARD', queue)
local known, missing = {}, {}
for first = 1, n, 6000 do
  local last = math.min(first + 5999, n)
  local found = call('HMGET', ids, unpack(ARGV, 2 + first, 2 + last))
  for i = first, last do
    local place = found[i - first + 1]
    known[i] = place
    -- Most tasks that are pushed again are still in the queue, byte for byte.
    if place and not call('ZSCORE', queue, ARGV[2 + 2 * n + i]) then missing[ARGV[2 + i]] = place end
  end
end
if next(missing) then takeOutThePresent(missing, math.huge) end
local members, places, added = {}, {}, 0
for i = 1, n do
  local id = ARGV[2 + i]
  if not known[i] or missing[id] then
    local due = ARGV[2 + n + i]
    if due == '' then due = (time - n + i) / 1000000 end
    members[2 * added + 1], members[2 * added + 2] = due, ARGV[2 + 2 * n + i]
    places[2 * added + 1], places[2 * added + 2] = id, due
    added = added + 1
  end
end
inPieces('ZADD', queue, members, 1, 2 * added)
inPieces('HSET', ids, places, 1, 2 * added)
-- A cancel request under such an id was for an earlier task.
if call('EXISTS', cancel) == 1 then
  for i = 1, added do call('HDEL', cancel, places[2 * i - 1]) end
end
if added > 0 then ring(wake) end

-- A task that a PHP consumer removed leaves its id in `ids`. When most ids are of such tasks, some random ids are
-- checked and forgotten.
local function isMostlyOfOthers()
  local total = call('HLEN', ids)
  if total <= 1000 + 2 * waiting then return false end
  local there = waiting + added + call('HLEN', buriedTasks)
  for _, session in ipairs(call('ZRANGE', sessions, 0, -1)) do there = there + heldIn(leasedPrefix .. session) end
  return total > 1000 + 2 * there
end
if isMostlyOfOthers() then
  local some, gone, those = call('HRANDFIELD', ids, 200 + 3 * n, 'WITHVALUES'), {}, {}
  for i = 1, #some, 2 do gone[some[i]] = some[i + 1] end
  takeOutThePresent(gone, 1000)
  for id in pairs(gone) do those[#those + 1] = id end
  inPieces('HDEL', ids, those, 1, #those)
end
return added
)";

}  // namespace leptir::redis
