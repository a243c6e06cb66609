-- Compare and set: replaces a stored record only if it still is the one that the caller compared; of a record too large
-- to be read only the size is compared. Reply: 1; 0: another record is stored now.
--
-- DEL comes first, since a full server accepts it and then the rest of the script. A value of another type is replaced,
-- as PHP leptir's SET does.
--#include shared/server.lua
local recordKey = KEYS[1]
local text = ARGV[1]
local expiry = ARGV[2]             -- milliseconds; empty: never
local compared = ARGV[3] or false  -- the text that was stored; absent: no text was
local comparedSize = ARGV[4]       -- only of a record too large to be read

local stored = false
if call('TYPE', recordKey).ok == 'string' then
  if comparedSize then
    stored = call('STRLEN', recordKey) == tonumber(comparedSize) and ''
  else
    stored = call('GET', recordKey)
  end
end
if stored ~= compared then return 0 end
call('DEL', recordKey)
if expiry == '' then call('SET', recordKey, text) else call('SET', recordKey, text, 'PX', expiry) end
return 1
