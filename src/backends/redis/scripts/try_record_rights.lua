-- Executes all commands that records need, in a way that changes nothing. Reply: 1.
--
-- Tries to delete first: a user who may write but not delete must not leave anything behind. The hash may hold other
-- records, so it gets the expiry that each save gives it.
--#include shared/server.lua
local recordKey = KEYS[1]
local field = ARGV[1]   -- of the hash under this key; empty: the value of the key is the record
local expiry = ARGV[2]  -- milliseconds; empty: never

if field ~= '' then
  call('HDEL', recordKey, field)
  call('HSTRLEN', recordKey, field)
  call('HGET', recordKey, field)
  call('HSET', recordKey, field, '')
  call('HDEL', recordKey, field)
  if expiry ~= '' then call('PEXPIRE', recordKey, expiry) end
  call('HSETNX', recordKey, field, '')
  return call('HDEL', recordKey, field)
end
call('DEL', recordKey)
call('TYPE', recordKey)
call('STRLEN', recordKey)
call('GET', recordKey)
if expiry ~= '' then call('PEXPIRE', recordKey, expiry) end
call('SET', recordKey, '', 'NX')
return call('DEL', recordKey)
