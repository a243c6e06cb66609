--#include shared/queue.lua
-- As addToQueue(), for a leased task that goes back. A task that leptir did not push is not added to `ids`: a PHP
-- consumer may remove it from the queue, and its id would stay in `ids` for ever.
local function returnToQueue(queueKey, idsKey, originalScoresKey, due, envelope, id, leaseNumber)
  local isForeign = call('HDEL', originalScoresKey, leaseNumber) == 1 and id ~= '' and call('HEXISTS', idsKey, id) == 0
  return addToQueue(queueKey, idsKey, due, envelope, isForeign and '' or id)
end
-- The score that a leased task had in the queue; `suggested` is the one that its envelope suggests.
local function scoreBeforeLease(idsKey, originalScoresKey, id, leaseNumber, suggested, time)
  local original = tonumber(call('HGET', originalScoresKey, leaseNumber) or nil)
  local score = original or tonumber(id ~= '' and call('HGET', idsKey, id) or nil) or tonumber(suggested)
  return score and score == score and math.min(score, time / 1000000) or time / 1000000  -- "nan" is no score
end
