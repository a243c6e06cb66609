--#include shared/server.lua
-- Adds a task to the queue and returns its member there. If the queue has a member of the very same bytes (another
-- task, of a producer that uses no ids), line feeds are appended, which JSON parsers skip.
local function addToQueue(queueKey, idsKey, due, envelope, id)
  while call('ZADD', queueKey, 'NX', due, envelope) == 0 do envelope = envelope .. '\n' end
  if id ~= '' then call('HSET', idsKey, id, due) end
  return envelope
end
