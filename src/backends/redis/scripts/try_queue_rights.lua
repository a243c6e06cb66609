-- Executes the commands of all scripts of a queue in a way that changes nothing. Reply: 1.
--
-- Deletes before it writes, so that a user who may write but not delete leaves nothing behind. XADD comes last, since
-- it wakes waiting instances; it adds only to a stream that exists. The keys of a session are those of one that never
-- existed.
--#include shared/server.lua
local queueKey = KEYS[1]
local sortedSetAt = 1  -- queue, sessions, buried, left, fleetNames, fleetEnds
local leftKey = KEYS[4]
local idsKey = KEYS[7]
local hashAt = 7  -- ids, cards, cancel, buriedTasks, leased, originalScores, fleet
local leasedKey = KEYS[11]
local textAt = 14  -- lease, firstMember, fleetVersion
local epochKey = KEYS[17]
local wakeKey = KEYS[18]
local none = ARGV[1]  -- no member and no field has this name

for i = sortedSetAt, sortedSetAt + 5 do
  call('ZREM', KEYS[i], none)
  call('ZREMRANGEBYRANK', KEYS[i], 1, 0)
  call('ZADD', KEYS[i], 'XX', 0, none)
  call('ZCARD', KEYS[i])
  call('ZSCORE', KEYS[i], none)
  call('ZMSCORE', KEYS[i], none)
  call('ZREMRANGEBYSCORE', KEYS[i], 1, 0)
  call('ZRANGE', KEYS[i], 1, 0)
  call('ZRANGEBYSCORE', KEYS[i], 1, 0)
  call('ZCOUNT', KEYS[i], 1, 0)
end
for i = hashAt, hashAt + 6 do
  call('HDEL', KEYS[i], none)
  call('HLEN', KEYS[i])
  call('HGET', KEYS[i], none)
  call('HMGET', KEYS[i], none)
  call('HSTRLEN', KEYS[i], none)
  call('HEXISTS', KEYS[i], none)
end
call('ZSCAN', queueKey, 0, 'MATCH', none)
call('HRANDFIELD', idsKey, 1)
call('HKEYS', leasedKey)
call('HSCAN', leasedKey, 0)
call('DEL', leasedKey)
call('HSET', leasedKey, none, '')
call('HDEL', leasedKey, none)
for i = textAt, textAt + 2 do
  local text = call('GET', KEYS[i])
  if text then call('SET', KEYS[i], text, 'KEEPTTL') else call('DEL', KEYS[i]) end
end
call('EXPIRE', leftKey, 1)
call('DEL', epochKey)
call('EXPIRE', epochKey, 1)
call('SET', epochKey, 1, 'EX', 1)
call('DEL', epochKey)
call('EXISTS', epochKey)
local time = now()
call('XADD', wakeKey, 'NOMKSTREAM', 'MAXLEN', '~', 1, '*', 'look', '')
return time > 0 and 1 or 0
