--#include shared/bury_unread.lua
-- Buries an envelope of more than `largest` bytes.
local function buryTooLarge(buriedKey, buriedTasksKey, idsKey, envelope, largest)
  local reason = string.format('too large: %d bytes, more than %d', #envelope, largest)
  buryUnread(buriedKey, buriedTasksKey, idsKey, envelope, 'too-large', reason)
end
