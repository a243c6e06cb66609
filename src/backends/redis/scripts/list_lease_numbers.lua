-- The lease numbers of a session. Reply: {next cursor or "0", lease numbers, the ids of the other fields that were
-- buried, each with the reason behind it, bytes visited, how many fields the session has}.
--
-- Returns all fields of a session of at most `most`; of a larger session, with the cursor "some", `most` random fields,
-- else those of one HSCAN step. HRANDFIELD returns fields without values; HSCAN reads the values as well. Fields that
-- are no lease numbers are never returned; with `others` = "bury" at most `most` of them are buried.
--#include shared/server.lua
--#include shared/bury_unread.lua
local leasedKey = KEYS[1]
local idsKey = KEYS[2]
local buriedKey = KEYS[3]
local buriedTasksKey = KEYS[4]
local cursor = ARGV[1]
local most = tonumber(ARGV[2])
local others = ARGV[3]
local step = ARGV[4]

local held, nextCursor, fields, bytes = call('HLEN', leasedKey), '0', {}, 0
if held <= most then
  fields = call('HKEYS', leasedKey)
elseif cursor == 'some' then
  fields = call('HRANDFIELD', leasedKey, most)
else
  local page = call('HSCAN', leasedKey, cursor, 'COUNT', step)
  nextCursor = page[1]
  for i = 1, #page[2], 2 do
    fields[#fields + 1] = page[2][i]
    bytes = bytes + #page[2][i + 1]
  end
end
local numbers, burials = {}, {}
for _, field in ipairs(fields) do
  if field == '0' or #field <= 19 and string.find(field, '^[1-9]%d*$') then
    numbers[#numbers + 1] = field
  elseif others == 'bury' and #burials < 2 * most then
    local reason = 'it stood among the leases of a session under no lease number'
    buryUnread(buriedKey, buriedTasksKey, idsKey, call('HGET', leasedKey, field), 'foreign', reason,
               burials)
    call('HDEL', leasedKey, field)
  end
end
return {nextCursor, numbers, burials, bytes, held}
