-- Reply: the score of the first task of the queue; nil: it has none.
--#include shared/server.lua
local queueKey = KEYS[1]

return call('ZRANGE', queueKey, 0, 0, 'WITHSCORES')[2] or false
