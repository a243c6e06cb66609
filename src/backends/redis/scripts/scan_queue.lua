-- One ZSCAN step of a search for a task by its id. Reply: {next cursor, {member, score, member, score, …}, bytes
-- visited}, without members that certainly have another id or are too large to be read.
--#include shared/server.lua
--#include shared/ids.lua
local queueKey = KEYS[1]
local cursor = ARGV[1]
local count = ARGV[2]
local askedId = ARGV[3]
local escapedId = ARGV[4]
local largest = tonumber(ARGV[5])

-- False only for a member that certainly has another id: one in the form of PHP or leptir whose id has no escapes.
local function mayHaveTheId(envelope)
  local brace = string.find(envelope, '{', 2, true)
  if not brace or string.sub(envelope, brace - 5, brace + 6) ~= '"td":{"id":"' then return true end
  local id = idOf(envelope)
  return not id or id == askedId or id == escapedId or string.find(id, '\\', 1, true)
end
local page = call('ZSCAN', queueKey, cursor, 'COUNT', count)
local visited, found, bytes = page[2], {}, 0
for i = 1, #visited, 2 do
  bytes = bytes + #visited[i]
  if #visited[i] <= largest and mayHaveTheId(visited[i]) then
    found[#found + 1], found[#found + 2] = visited[i], visited[i + 1]
  end
end
return {page[1], found, bytes}
