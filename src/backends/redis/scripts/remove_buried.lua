-- Removes a buried task. Reply: 1; 0: it was not buried.
--#include shared/server.lua
local buriedKey = KEYS[1]
local buriedTasksKey = KEYS[2]
local idsKey = KEYS[3]
local id = ARGV[1]

if call('HDEL', buriedTasksKey, id) == 0 then return 0 end
call('ZREM', buriedKey, id)
call('HDEL', idsKey, id)
return 1
