--#include shared/ids.lua
-- The name by which a session remembers a task that it leaves to others: its id, or (no id, or an envelope of another
-- form) size and digest of its bytes.
local function leftTaskName(envelope)
  local id = idOf(envelope)
  if id and id ~= '' and #id <= 1530 then return id end
  local ends = #envelope > 4096 and string.sub(envelope, 1, 2048) .. string.sub(envelope, -2048) or envelope
  return #envelope .. ' ' .. redis.sha1hex(ends)
end
