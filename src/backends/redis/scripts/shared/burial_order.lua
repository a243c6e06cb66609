--#include shared/server.lua
-- The order of burial: the score in `buried`. Scores from 2^52 on were written by another program and are ignored: in a
-- double, such a number plus one may be the same number.
local function nextBurialOrder(buriedKey)
  local last = call('ZRANGE', buriedKey, '(4503599627370496', '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1, 'WITHSCORES')[2]
  return math.max(now(), (tonumber(last) or 0) + 1)
end
