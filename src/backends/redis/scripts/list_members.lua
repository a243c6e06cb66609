-- One step of a list of a sorted set, in its order or from its end. Reply: {server's time in µs, how many members were
-- visited, {member, score, …}, score, beginning and skip of the next position (of the end: empty score), {position,
-- size, …}}, without members that certainly have another name or id, or are too large to be read.
--
-- With the key of a hash, the members are fields of that hash. Then all of them are listed, their values are measured
-- too, and the last part of the reply has the listed ones whose values are too large to be read. Values of fields that
-- do not begin with `idPrefix` are not measured. The caller reads the values by one HMGET afterwards: in a script each
-- would be copied twice.
--
-- A position names the first member that was not listed: the first of its score that does not sort before `beginning`,
-- and `skip` members behind that. `beginning` is as short as it can be between the last member listed and the next one,
-- so `skip` is 0, unless both begin with the same `mostBeginning` bytes. A position stays right while members come and
-- go, and is found in a logarithmic number of steps. In a list from the end, a position names the last member listed.
--#include shared/server.lua
--#include shared/ids.lua
--#include shared/beginnings.lua
local setKey = KEYS[1]
local valuesKey = KEYS[2]  -- may be missing
local from, to = ARGV[1], ARGV[2]  -- scores in the form of ZCOUNT
local state = ARGV[3]              -- "due" or "scheduled": limits the scores by the server's time; empty: it does not
local score, beginning, skip = ARGV[4], ARGV[5], tonumber(ARGV[6])  -- an empty score: from the first member
local limit = tonumber(ARGV[7])
local mostVisited = tonumber(ARGV[8])
local mostBytes = tonumber(ARGV[9])  -- of visited members, or of their values
local largest = tonumber(ARGV[10])
local name, idPrefix = ARGV[11], ARGV[12]  -- of tasks; empty: all
local isFromEnd = ARGV[13] == 'latest'
local mostBeginning = 4096

local time = now()
-- C++ rounds scores to µs and compares again, so a µs more does no harm.
if state == 'due' then to = string.format('%.17g', math.min((time + 1) / 1000000, tonumber(to))) end
if state == 'scheduled' then from = string.format('%.17g', math.max((time - 1) / 1000000, tonumber(from))) end

-- The text that a JSON string without its quotes stands for; nil: only a parser can tell.
local function plain(escaped)
  if not string.find(escaped, '\\', 1, true) then return escaped end
  if string.find(string.gsub(escaped, '\\\\', ''), '\\', 1, true) then return nil end
  return (string.gsub(escaped, '\\\\', '\\'))
end
local function isOtherName(envelope)
  local _, at = string.find(envelope, '^{"cn":"[^"]*"')
  local found = at and plain(string.sub(envelope, 8, at - 1))
  return found and (string.sub(found, 1, 1) == '\\' and string.sub(found, 2) or found) ~= name
end
local function isOtherId(envelope)
  local id = idOf(envelope)
  id = id and plain(id)
  return id and string.sub(id, 1, #idPrefix) ~= idPrefix
end
-- False only for a member that certainly does not match: one in the form of PHP or leptir.
local function mayMatch(envelope)
  if name == '' and idPrefix == '' then return true end
  local brace = string.find(envelope, '{', 2, true)
  if not brace or string.sub(envelope, brace - 5, brace + 6) ~= '"td":{"id":"' then return true end
  return not (name ~= '' and isOtherName(envelope) or idPrefix ~= '' and isOtherId(envelope))
end

-- The rank of the first member among the ranks `low` to `high` - 1, all of one score, that is not before `start`.
local function rankOf(start, low, high)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isBefore(call('ZRANGE', setKey, middle, middle)[1], start) then low = middle + 1 else high = middle end
  end
  return low
end
local function firstRank()
  local rank = from == '-inf' and 0 or call('ZCOUNT', setKey, '-inf', '(' .. from)
  if score == '' then return rank end
  local low = call('ZCOUNT', setKey, '-inf', '(' .. score)
  local high = low + call('ZCOUNT', setKey, score, score)
  return math.max(rank, math.min(rankOf(beginning, low, high) + skip, high))
end
local first = from == '-inf' and 0 or call('ZCOUNT', setKey, '-inf', '(' .. from)
local last = call('ZCOUNT', setKey, '-inf', to)
-- In a list from the end all members from this rank on are listed.
local rank = isFromEnd and math.min(score == '' and last or firstRank(), last) or firstRank()
local found, visited, bytes, listed, listedScore, tooLarge = {}, 0, 0, nil, nil, {}

-- The bytes of the value of a field that will be the next one of `found`.
local function measure(field)
  if idPrefix ~= '' and not string.find(field, '\\', 1, true) and string.sub(field, 1, #idPrefix) ~= idPrefix then
    return 0
  end
  local size = call('HSTRLEN', valuesKey, field)
  if size <= largest then return size end
  tooLarge[#tooLarge + 1], tooLarge[#tooLarge + 2] = #found / 2 + 1, size
  return 0
end
local function isOver()
  if isFromEnd then return rank <= first end
  return rank >= last
end
local function visit(member, memberScore)
  listed, listedScore = member, memberScore
  rank, visited, bytes = isFromEnd and rank - 1 or rank + 1, visited + 1, bytes + #listed
  if #listed <= largest and (valuesKey or mayMatch(listed)) then
    if valuesKey then bytes = bytes + measure(listed) end
    found[#found + 1], found[#found + 2] = listed, listedScore
  end
end
local function isFull() return #found >= 2 * limit or bytes > mostBytes end
local function visitPiece(size)
  if not isFromEnd then
    local members = call('ZRANGE', setKey, rank, math.min(rank + size, last) - 1, 'WITHSCORES')
    for i = 1, #members, 2 do
      if isFull() then return end
      visit(members[i], members[i + 1])
    end
    return
  end
  local members = call('ZRANGE', setKey, math.max(rank - size, first), rank - 1, 'WITHSCORES')
  for i = #members - 1, 1, -2 do
    if isFull() then return end
    visit(members[i], members[i + 1])
  end
end
while not isOver() and not isFull() and visited < mostVisited do
  visitPiece(math.min(limit - #found / 2, mostVisited - visited, bytes < visited * 65536 and 64 or 4))
end

-- The position of the member with this rank, which the one before it, if there is one, does not reach.
local function positionOf(at, before, beforeScore)
  local following = call('ZRANGE', setKey, at, at, 'WITHSCORES')
  local start = string.sub(following[1], 1, mostBeginning)
  if not before or following[2] ~= beforeScore then return following[2], '', 0 end
  local common = commonLength(start, string.sub(before, 1, mostBeginning))
  if common < #start then return following[2], string.sub(start, 1, common + 1), 0 end
  local low = call('ZCOUNT', setKey, '-inf', '(' .. following[2])
  return following[2], start, at - rankOf(start, low, at)
end
local function nextPosition()
  if isOver() then return '', '', 0 end
  if not isFromEnd then return positionOf(rank, listed, listedScore) end
  local before = call('ZRANGE', setKey, rank - 1, rank - 1, 'WITHSCORES')
  return positionOf(rank, before[1], before[2])
end
local nextScore, nextBeginning, nextSkip = nextPosition()
return {time, visited, found, nextScore, nextBeginning, nextSkip, tooLarge}
