-- Removes a task from the queue. Reply: 1; 0: it was not there.
--#include shared/server.lua
local queueKey = KEYS[1]
local idsKey = KEYS[2]
local cancelKey = KEYS[3]
local member = ARGV[1]
local id = ARGV[2]

if call('ZREM', queueKey, member) == 0 then return 0 end
call('HDEL', idsKey, id)
call('HDEL', cancelKey, id)
return 1
