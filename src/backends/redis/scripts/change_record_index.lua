-- Changes the index of tasks that did not succeed, and keeps its newest `most` entries. Reply: 1.
--
-- A score is the server's time in µs, or one more than the newest score. Scores from 2^52 on were written by another
-- program and are ignored: in a double, such a number plus one may be the same number. The first command frees memory,
-- so a full server runs it and then the rest of the script.
--#include shared/server.lua
local indexKey = KEYS[1]
local most = tonumber(ARGV[1])
local expiry = ARGV[2]  -- milliseconds; empty: never
local changeAt = 3      -- from here on: a change ("remove", "keep", "add"), an id, a change, …

call('ZREMRANGEBYRANK', indexKey, 0, -most - 1)
local score = now()
if expiry ~= '' then call('ZREMRANGEBYSCORE', indexKey, '-inf', string.format('(%.0f', score - expiry * 1000)) end
local newest = tonumber(call('ZREVRANGE', indexKey, 0, 0, 'WITHSCORES')[2]) or 0
if newest >= score and newest < 4503599627370496 then score = newest + 1 end
for i = changeAt, #ARGV, 2 do
  local change, id, at = ARGV[i], ARGV[i + 1], string.format('%.0f', score)
  if change == 'remove' then
    call('ZREM', indexKey, id)
  elseif change == 'keep' then
    call('ZADD', indexKey, 'NX', at, id)
  else
    call('ZADD', indexKey, at, id)
  end
  score = score + 1
end
call('ZREMRANGEBYRANK', indexKey, 0, -most - 1)
if expiry ~= '' then call('PEXPIRE', indexKey, expiry) end
return 1
