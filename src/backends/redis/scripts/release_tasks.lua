-- Puts leased tasks back into the queue. Reply: positions of leases that the session does not hold; -1: the session is
-- lost.
--
-- An empty due: the score that the task had before the lease; the block of scores has it for tasks that are not in
-- `ids`. An `until` (µs): the session leaves the task to others until then. A session leaves at most `mostLeft` tasks
-- to others; a further task becomes due at `until` instead.
--#include shared/server.lua
--#include shared/is_open.lua
--#include shared/left_tasks.lua
--#include shared/leased_task.lua
--#include shared/wake.lua
local sessionsKey = KEYS[1]
local leasedKey = KEYS[2]
local queueKey = KEYS[3]
local idsKey = KEYS[4]
local wakeKey = KEYS[5]
local leftKey = KEYS[6]
local originalScoresKey = KEYS[7]
local session = ARGV[1]
local n = tonumber(ARGV[2])
local mostLeft = tonumber(ARGV[3])
-- Blocks of n arguments, each before its first: lease numbers, dues, envelopes, ids, scores, untils.
local numberAt, dueAt, envelopeAt, idAt, scoreAt, untilAt = 3, 3 + n, 3 + 2 * n, 3 + 3 * n, 3 + 4 * n, 3 + 5 * n

if not isOpen(sessionsKey, session) then return -1 end
local time = now()
call('ZCARD', queueKey)
call('HLEN', idsKey)
call('ZCARD', leftKey)
call('HLEN', originalScoresKey)

local function mayLeaveOneMore()
  if call('ZCARD', leftKey) >= mostLeft then call('ZREMRANGEBYSCORE', leftKey, '-inf', time) end
  return call('ZCARD', leftKey) < mostLeft
end

local function release(i)
  local number, due, id, leftUntil = ARGV[numberAt + i], ARGV[dueAt + i], ARGV[idAt + i], ARGV[untilAt + i]
  if due == '' then due = scoreBeforeLease(idsKey, originalScoresKey, id, number, ARGV[scoreAt + i], time) end
  local leaves = leftUntil ~= '' and mayLeaveOneMore()
  if leftUntil ~= '' and not leaves then due = leftUntil / 1000000 end
  local member = returnToQueue(queueKey, idsKey, originalScoresKey, due, ARGV[envelopeAt + i], id, number)
  if leaves then
    call('ZADD', leftKey, leftUntil, leftTaskName(member))
    call('EXPIRE', leftKey, 3600)
  end
end

local lost = {}
for i = 1, n do
  if call('HDEL', leasedKey, ARGV[numberAt + i]) == 1 then
    release(i)
  else
    lost[#lost + 1] = i
  end
end
if #lost < n then wakeInstances(wakeKey) end
return lost
