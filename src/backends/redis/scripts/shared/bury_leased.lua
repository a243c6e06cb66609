--#include shared/server.lua
-- Buries a task whose envelope the session has read; `value` has the form of redis_buried.h. A task without an id, or
-- with the id of a buried task, is buried under `spareId`.
local function buryLeased(buriedKey, buriedTasksKey, idsKey, originalScoresKey, cancelKey, id, leaseNumber, spareId,
                          value, order)
  local due = id ~= '' and call('HGET', idsKey, id) or call('HGET', originalScoresKey, leaseNumber) or ''
  call('HDEL', originalScoresKey, leaseNumber)
  if id ~= '' then call('HDEL', cancelKey, id) end
  if id == '' or call('HEXISTS', buriedTasksKey, id) == 1 then id = spareId end
  call('HSET', buriedTasksKey, id, value)
  call('ZADD', buriedKey, order, id)
  call('HSET', idsKey, id, 'b' .. due)
end
