-- Leases due tasks: moves them from the queue into the hash of a session, under consecutive lease numbers.
-- Reply: {first lease number, number of cancel requests in the queue, envelopes, burials}; without a due task {0, µs
-- until the next task is due or -1, {}, burials}; -1: the session is lost. A member of more than `largest` bytes is
-- buried without being sent to a client; `burials` has its id and the reason.
--
-- Due tasks have the lowest ranks of the sorted set; `rank` is where the next piece begins, behind tasks that stay in
-- the queue. Tasks are copied in pieces, small ones until the tasks turn out to be small: a script that copied all due
-- tasks, only to return 16 MiB of them, would be slow and need much memory.
--
-- A PHP consumer reads the task at rank 0 and then removes whatever is at rank 0, in two commands. Where PHP consumers
-- were seen, the task at rank 0 is theirs for `leftToPhpMicros`, so that the second command almost always removes the
-- task that the first one read.
--#include shared/server.lua
--#include shared/is_open.lua
--#include shared/left_tasks.lua
--#include shared/bury_too_large.lua
local queueKey = KEYS[1]
local leasedKey = KEYS[2]
local sessionsKey = KEYS[3]
local lastLeaseKey = KEYS[4]
local cancelKey = KEYS[5]
local idsKey = KEYS[6]
local buriedKey = KEYS[7]
local buriedTasksKey = KEYS[8]
local leftKey = KEYS[9]
local firstMemberKey = KEYS[10]
local originalScoresKey = KEYS[11]
local session = ARGV[1]
local limit = tonumber(ARGV[2])
local mostBytes = tonumber(ARGV[3])
local largest = tonumber(ARGV[4])
local leftToPhpMicros = tonumber(ARGV[5])  -- µs; 0: there are no PHP consumers

if not isOpen(sessionsKey, session) then return -1 end
local micros = now()
call('HLEN', leasedKey)
call('HLEN', originalScoresKey)
local cancelRequests = call('HLEN', cancelKey)
local last = tonumber(call('GET', lastLeaseKey) or 0) or 0
-- Beyond this a number (written by another program) plus one may be the same number, and several tasks would share it.
if not (last >= 0 and last < 4503599627370496) then last = 0 end
local first = math.max(micros, last + 1)
local due = call('ZCOUNT', queueKey, '-inf', micros / 1000000)
local envelopes, burials, count, bytes, rank = {}, {}, 0, 0, 0

-- Whether the first member is left to PHP consumers. `firstMemberKey` has it and since when it is first.
local function isFirstLeftToPhp()
  local top = call('ZRANGE', queueKey, 0, 0)[1]
  local mark = #top .. ' ' .. redis.sha1hex(string.sub(top, 1, 4096))
  local since, of = string.match(call('GET', firstMemberKey) or '', '^(%d+) (.*)$')
  if of == mark then return tonumber(since) <= micros and micros < since + leftToPhpMicros end
  call('SET', firstMemberKey, string.format('%.0f ', micros) .. mark, 'EX', 600)
  return true
end
if leftToPhpMicros > 0 and due > 0 and isFirstLeftToPhp() then rank = 1 end

local leavesSome = call('EXISTS', leftKey) == 1
if leavesSome then call('ZREMRANGEBYSCORE', leftKey, '-inf', micros) end
-- For each of these members, whether the session leaves it to others.
local function leftAmong(members)
  local names = {}
  for i, envelope in ipairs(members) do names[i] = leftTaskName(envelope) end
  return call('ZMSCORE', leftKey, unpack(names))
end

-- leptir ends its envelopes with `ts`; PHP and other programs write none.
local byte, find = string.byte, string.find
local function isForeign(envelope)
  return not find(envelope, '"ts":', -160, true)
end

local function leasePiece(size)
  local members = call('ZRANGE', queueKey, rank, math.min(rank + size, due) - 1)
  local fields, filled, run, scores, originalScores = {}, 0, 0, nil, nil
  local left = leavesSome and leftAmong(members)
  local function removeRun()
    if run > 0 then call('ZREMRANGEBYRANK', queueKey, rank, rank + run - 1) end
    due, run = due - run, 0
  end
  for i = 1, #members do
    local envelope = members[i]
    if bytes > mostBytes then break end
    if left and left[i] then
      removeRun()
      rank = rank + 1
    else
      run = run + 1
      if #envelope > largest then
        buryTooLarge(buriedKey, buriedTasksKey, idsKey, envelope, largest, burials)
      else
        -- leptir's own envelopes have a point there, which spares the search: "ts":1795462346.667348}
        if byte(envelope, -8) ~= 46 and isForeign(envelope) then
          originalScores, scores = originalScores or {}, scores or call('ZMSCORE', queueKey, unpack(members))
          originalScores[#originalScores + 1], originalScores[#originalScores + 2] = first + count, scores[i]
        end
        fields[filled + 1], fields[filled + 2] = first + count, envelope
        filled, count, bytes = filled + 2, count + 1, bytes + #envelope
        envelopes[count] = envelope
      end
    end
  end
  removeRun()
  if filled > 0 then call('HSET', leasedKey, unpack(fields)) end
  if originalScores then call('HSET', originalScoresKey, unpack(originalScores)) end
end
while count < limit and rank < due and bytes <= mostBytes do
  leasePiece(math.min(limit - count, bytes < count * 65536 and 64 or 4))
end

-- µs until a task may be due, at most 10^15; -1: no task waits.
local function untilNextDue()
  local soonest = math.huge
  local above = string.format('(%.17g', micros / 1000000)
  local nextDue = call('ZRANGEBYSCORE', queueKey, above, '+inf', 'LIMIT', 0, 1, 'WITHSCORES')[2]
  if nextDue then soonest = math.min(math.ceil(nextDue * 1000000 - micros), 1e15) end
  local leftUntil = leavesSome and call('ZRANGE', leftKey, 0, 0, 'WITHSCORES')[2]
  if leftUntil then soonest = math.min(soonest, leftUntil - micros) end
  if leftToPhpMicros > 0 and due > 0 then soonest = math.min(soonest, leftToPhpMicros) end
  return soonest < math.huge and math.max(0, soonest) or -1
end
if count == 0 then return {0, untilNextDue(), {}, burials} end
call('SET', lastLeaseKey, string.format('%.0f', first + count - 1))
return {first, cancelRequests, envelopes, burials}
