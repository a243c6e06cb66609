-- Gives leased tasks of a session back to the queue; ends the session once it has none. Reply: {how many tasks were
-- given back, 1 if the session has ended, else 0}; -1: the session is lost, or another instance has ended it.
--
-- A task whose lease number is no longer in the session is skipped: it left after the caller read the session. A
-- session without leases ends even if the keys of the queue hold values of other types.
--#include shared/server.lua
--#include shared/leased_task.lua
--#include shared/wake.lua
local sessionsKey = KEYS[1]
local leasedKey = KEYS[2]
local queueKey = KEYS[3]
local idsKey = KEYS[4]
local wakeKey = KEYS[5]
local cardsKey = KEYS[6]
local originalScoresKey = KEYS[7]
local session = ARGV[1]
local state = ARGV[2]  -- "open": the session closes itself; "claimed": another instance gives its tasks back
local n = tonumber(ARGV[3])
-- Blocks of n arguments, each before its first: lease numbers, delays (µs; 0: the score that the task had before the
-- lease), scores for tasks that are not in `ids`, envelopes, ids.
local numberAt, delayAt, scoreAt, envelopeAt, idAt = 3, 3 + n, 3 + 2 * n, 3 + 3 * n, 3 + 4 * n

local expiry = tonumber(call('ZSCORE', sessionsKey, session) or nil)
if not expiry or (expiry < 0) ~= (state == 'claimed') then return -1 end
local time = now()
call('HLEN', cardsKey)
if n > 0 then
  call('ZCARD', queueKey)
  call('HLEN', idsKey)
  call('HLEN', originalScoresKey)
end

local function giveBack(i)
  local number, delay, id = ARGV[numberAt + i], ARGV[delayAt + i], ARGV[idAt + i]
  local due = delay == '0' and scoreBeforeLease(idsKey, originalScoresKey, id, number, ARGV[scoreAt + i], time)
  returnToQueue(queueKey, idsKey, originalScoresKey, due or (time + delay) / 1000000, ARGV[envelopeAt + i], id, number)
end

local done = 0
for i = 1, n do
  if call('HDEL', leasedKey, ARGV[numberAt + i]) == 1 then
    done = done + 1
    giveBack(i)
  end
end
local hasEnded = call('EXISTS', leasedKey) == 0
if hasEnded then
  call('ZREM', sessionsKey, session)
  call('HDEL', cardsKey, session)
end
if done > 0 then wakeInstances(wakeKey) end
return {done, hasEnded and 1 or 0}
