// The body of the script that leases tasks (RedisScripts::lease). redis_scripts.cc, the only file that includes this
// one, puts shared functions before it.
#pragma once

#include <string_view>

namespace leptir::redis {

// Due tasks have the lowest ranks of the sorted set; `rank` is where the next piece begins, behind tasks that stay in
// the queue. Tasks are copied in pieces, small ones until the tasks turn out to be small: a script that copied all due
// tasks, only to return 64 MiB of them, would be slow and need much memory.
//
// A PHP consumer reads the task at rank 0 and then removes whatever is at rank 0, in two commands. Where PHP consumers
// were seen, the task at rank 0 is left to them for `hold` µs, so that the second command almost always removes the
// task that the first one read.
inline constexpr std::string_view kLease = R"(
local queue, leased, sessions, lease, cancel, ids, buried, buriedTasks, left, front, places = unpack(KEYS)
if not isOpen(sessions, ARGV[1]) then return -1 end
local limit, most, largest, hold = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local micros = now()
call('HLEN', leased)
call('HLEN', places)
local wishes = call('HLEN', cancel)
local last = tonumber(call('GET', lease) or 0) or 0
-- Beyond this a number (written by another program) plus one may be the same number, and several tasks would share it.
if not (last >= 0 and last < 4503599627370496) then last = 0 end
local first = math.max(micros, last + 1)
local due = call('ZCOUNT', queue, '-inf', micros / 1000000)
local envelopes, count, bytes, rank = {}, 0, 0, 0

local function isToStandFirst()
  local top = call('ZRANGE', queue, 0, 0)[1]
  local mark = #top .. ' ' .. redis.sha1hex(string.sub(top, 1, 4096))
  local since, of = string.match(call('GET', front) or '', '^(%d+) (.*)$')
  if of == mark then return tonumber(since) <= micros and micros < since + hold end
  call('SET', front, string.format('%.0f ', micros) .. mark, 'EX', 600)
  return true
end
if hold > 0 and due > 0 and isToStandFirst() then rank = 1 end

local leavesSome = call('EXISTS', left) == 1
if leavesSome then call('ZREMRANGEBYSCORE', left, '-inf', micros) end
-- For each of these members, whether the session leaves it to others.
local function leftAmong(members)
  local names = {}
  for i, envelope in ipairs(members) do names[i] = nameOf(envelope) end
  return call('ZMSCORE', left, unpack(names))
end

local function takePiece(size)
  local members = call('ZRANGE', queue, rank, math.min(rank + size, due) - 1)
  local fields, filled, run, scores, noted = {}, 0, 0, nil, nil
  local stays = leavesSome and leftAmong(members)
  local function removeRun()
    if run > 0 then call('ZREMRANGEBYRANK', queue, rank, rank + run - 1) end
    due, run = due - run, 0
  end
  for i = 1, #members do
    local envelope = members[i]
    if bytes > most then break end
    if stays and stays[i] then
      removeRun()
      rank = rank + 1
    else
      run = run + 1
      if #envelope > largest then
        local reason = string.format('too large: %d bytes, more than %d', #envelope, largest)
        buryUnread(buried, buriedTasks, ids, envelope, 'too-large', reason)
      else
        -- leptir's own envelopes have a point there, which spares the search: "ts":1795462346.667348}
        if byte(envelope, -8) ~= 46 and isOfOthers(envelope) then
          noted, scores = noted or {}, scores or call('ZMSCORE', queue, unpack(members))
          noted[#noted + 1], noted[#noted + 2] = first + count, scores[i]
        end
        fields[filled + 1], fields[filled + 2] = first + count, envelope
        filled, count, bytes = filled + 2, count + 1, bytes + #envelope
        envelopes[count] = envelope
      end
    end
  end
  removeRun()
  if filled > 0 then call('HSET', leased, unpack(fields)) end
  if noted then call('HSET', places, unpack(noted)) end
end
while count < limit and rank < due and bytes <= most do
  takePiece(math.min(limit - count, bytes < count * 65536 and 64 or 4))
end

-- µs until a task may be due, at most 10^15; -1: no task waits.
local function wait()
  local soonest = math.huge
  local next = call('ZRANGEBYSCORE', queue, string.format('(%.17g', micros / 1000000), '+inf', 'LIMIT', 0, 1, 'WITHSCORES')[2]
  if next then soonest = math.min(math.ceil(next * 1000000 - micros), 1e15) end
  local till = leavesSome and call('ZRANGE', left, 0, 0, 'WITHSCORES')[2]
  if till then soonest = math.min(soonest, till - micros) end
  if hold > 0 and due > 0 then soonest = math.min(soonest, hold) end
  return soonest < math.huge and math.max(0, soonest) or -1
end
if count == 0 then return {0, wait(), {}} end
call('SET', lease, string.format('%.0f', first + count - 1))
return {first, wishes, envelopes}
)";

}  // namespace leptir::redis
