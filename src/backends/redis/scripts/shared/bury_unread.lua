--#include shared/burial_order.lua
-- Buries a task without sending it to a client, and adds its id and the reason to `burials`. The id is made here and
-- begins with `kind`. The value has the form of redis_buried.h.
local function buryUnread(buriedKey, buriedTasksKey, idsKey, envelope, kind, reason, burials)
  call('HLEN', idsKey)
  local order, id = nextBurialOrder(buriedKey), nil
  repeat
    id = string.format('%s.%.0f', kind, order)
    order = order + 1
  until call('HEXISTS', buriedTasksKey, id) == 0
  call('HSET', buriedTasksKey, id, '0 0 0 0 ' .. #reason .. ' ' .. reason .. envelope)
  call('ZADD', buriedKey, order - 1, id)
  call('HSET', idsKey, id, 'b')
  burials[#burials + 1], burials[#burials + 2] = id, reason
end
