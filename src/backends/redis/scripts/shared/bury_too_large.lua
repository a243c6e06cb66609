--#include shared/bury_unread.lua
-- Buries an envelope of more than `largest` bytes, and adds it to `burials`.
local function buryTooLarge(buriedKey, buriedTasksKey, idsKey, envelope, largest, burials)
  local reason = string.format('too large: %d bytes, more than %d', #envelope, largest)
  buryUnread(buriedKey, buriedTasksKey, idsKey, envelope, 'too-large', reason, burials)
end
