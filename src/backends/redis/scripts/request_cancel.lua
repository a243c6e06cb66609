-- Stores a request to cancel a leased task. Reply: 1; 0: the task is not leased.
--#include shared/server.lua
local leasedKey = KEYS[1]
local cancelKey = KEYS[2]
local number = ARGV[1]
local id = ARGV[2]
local requester = ARGV[3]

if call('HEXISTS', leasedKey, number) == 0 then return 0 end
call('HSET', cancelKey, id, requester)
return 1
