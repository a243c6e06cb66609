-- Changes the due times of waiting tasks. Reply: positions of tasks that are not in the queue.
--
-- A task of another program is not added to `ids`: a PHP consumer may remove it, and its id would stay there for ever.
--#include shared/server.lua
--#include shared/wake.lua
local queueKey = KEYS[1]
local idsKey = KEYS[2]
local wakeKey = KEYS[3]
local n = tonumber(ARGV[1])
local due = ARGV[2]  -- a score; empty: at once, in the order of the list
-- Blocks of n arguments, each before its first: members of the queue, ids.
local memberAt, idAt = 2, 2 + n

local time, missing = now(), {}
call('HLEN', idsKey)
local function reschedule(i)
  local id, score = ARGV[idAt + i], due
  if score == '' then score = string.format('%.17g', (time - n + i) / 1000000) end
  call('ZADD', queueKey, 'XX', score, ARGV[memberAt + i])
  local known = call('HGET', idsKey, id)
  local mark = known and string.sub(known, 1, 1)
  if known and mark ~= 'b' then call('HSET', idsKey, id, (mark == 'n' and mark or '') .. score) end
end
for i = 1, n do
  if call('ZSCORE', queueKey, ARGV[memberAt + i]) then reschedule(i) else missing[#missing + 1] = i end
end
if #missing < n then wakeInstances(wakeKey) end
return missing
