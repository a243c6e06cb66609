--#include shared/server.lua
-- A session that was claimed has the score -1.
local function isOpen(sessionsKey, session)
  local expiry = call('ZSCORE', sessionsKey, session)
  return expiry and tonumber(expiry) >= 0
end
