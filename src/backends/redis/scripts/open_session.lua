-- Opens a session of an instance and claims the earlier ones. Reply: 1; 0: this epoch or a later one was opened before.
--#include shared/server.lua
local sessionsKey = KEYS[1]
local epochKey = KEYS[2]
local cardsKey = KEYS[3]
local instancePrefix = ARGV[1]  -- "instance:", the beginning of the names of its sessions
local epoch = ARGV[2]
local session = ARGV[3]
local lease = ARGV[4]  -- µs
local card = ARGV[5]

if tonumber(call('GET', epochKey) or 0) >= tonumber(epoch) then return 0 end
for _, other in ipairs(call('ZRANGE', sessionsKey, 0, -1)) do
  if string.sub(other, 1, #instancePrefix) == instancePrefix then call('ZADD', sessionsKey, -1, other) end
end
call('SET', epochKey, epoch, 'EX', 2592000)
call('ZADD', sessionsKey, now() + lease, session)
call('HSET', cardsKey, session, card)
return 1
