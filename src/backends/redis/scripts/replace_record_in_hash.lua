-- As replace_record.lua, for a record in a hash.
--#include shared/server.lua
local hashKey = KEYS[1]
local text = ARGV[1]
local expiry = ARGV[2]             -- of the whole hash, in milliseconds; empty: never
local field = ARGV[3]
local compared = ARGV[4] or false  -- the text that was stored; absent: no text was
local comparedSize = ARGV[5]       -- only of a record too large to be read

if comparedSize then
  if call('HSTRLEN', hashKey, field) ~= tonumber(comparedSize) then return 0 end
elseif call('HGET', hashKey, field) ~= compared then
  return 0
end
call('HDEL', hashKey, field)
call('HSET', hashKey, field, text)
if expiry ~= '' then call('PEXPIRE', hashKey, expiry) end
return 1
