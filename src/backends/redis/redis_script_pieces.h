// What several scripts share, in pieces: each call of a script makes its functions anew, so each script gets only the
// pieces that it uses. For redis_scripts.cc alone.
#pragma once

#include <string_view>

namespace leptir {

// What all scripts have. `unpack` carries some 8,000 values at most, so long lists go in pieces.
inline constexpr std::string_view kCommon = R"(
local call = redis.call
local function now()
  local time = call('TIME')
  return time[1] * 1000000 + time[2]
end
local function isOpen(sessions, session)
  local expiry = call('ZSCORE', sessions, session)
  return expiry and tonumber(expiry) >= 0
end
local function inPieces(command, key, values, from, to)
  for first = from, to, 6000 do call(command, key, unpack(values, first, math.min(first + 5999, to))) end
end
-- Every waiter hears it, and takes nothing from the others. One that cannot be rung looks by itself. Some dozens of
-- entries may stay: to cut the stream to one each time would cost three times as much.
local function ring(wake)
  redis.pcall('XADD', wake, 'MAXLEN', '~', 1, '*', 'look', '')
end
)";

inline constexpr std::string_view kIds = R"(
-- As it stands there, escapes and all; of an envelope in the form of PHP or of leptir.
local function idOf(envelope)
  local _, at = string.find(envelope, '"td":{"id":"', 1, true)
  if not at then return nil end
  local close = at
  repeat
    close = string.find(envelope, '"', close + 1, true)
    local backslashes = close and #string.match(string.sub(envelope, at + 1, close - 1), '\\*$')
  until not close or backslashes % 2 == 0
  return close and string.sub(envelope, at + 1, close - 1)
end
)";

// After kIds.
inline constexpr std::string_view kNames = R"(
-- What a session remembers of a task that it leaves to others: its id, or of one in another form a digest of its bytes.
local function nameOf(envelope)
  local id = idOf(envelope)
  if id and id ~= '' and #id <= 1530 then return id end
  local ends = #envelope > 4096 and string.sub(envelope, 1, 2048) .. string.sub(envelope, -2048) or envelope
  return #envelope .. ' ' .. redis.sha1hex(ends)
end
)";

inline constexpr std::string_view kOrigins = R"(
-- PHP and other programs write no `ts`, which leptir writes at the end.
local byte, find = string.byte, string.find
local function isOfOthers(envelope)
  return not find(envelope, '"ts":', -160, true)
end
)";

inline constexpr std::string_view kPutting = R"(
-- Where a task waits; answers its bytes there. The very same bytes are there already: another task, by a producer that
-- knows no ids. A blank at the end, which no reader of JSON minds, keeps the two apart.
local function put(queue, ids, due, envelope, id)
  while call('ZADD', queue, 'NX', due, envelope) == 0 do envelope = envelope .. '\n' end
  if id ~= '' then call('HSET', ids, id, due) end
  return envelope
end
)";

// After kPutting.
inline constexpr std::string_view kPlaces = R"(
-- As put(), for a task that was leased. `ids` does not learn of a task that leptir did not push: PHP may take it out,
-- and its id would stay.
local function putBack(queue, ids, places, due, envelope, id, number)
  local ofOthers = call('HDEL', places, number) == 1 and id ~= '' and call('HEXISTS', ids, id) == 0
  return put(queue, ids, due, envelope, ofOthers and '' or id)
end
-- Where a task stood that is leased; `said` is what its envelope says.
local function placeOf(ids, places, id, number, said, time)
  local old = tonumber(call('HGET', places, number) or nil) or tonumber(id ~= '' and call('HGET', ids, id) or nil)
  old = old or tonumber(said)
  return old and old == old and math.min(old, time / 1000000) or time / 1000000  -- "nan" is no place
end
)";

inline constexpr std::string_view kHeld = R"(
-- How many tasks a session holds; 0 where another program's value stands under its key.
local function heldIn(leased)
  local held = redis.pcall('HLEN', leased)
  return type(held) == 'number' and held or 0
end
)";

// The order of burial.
inline constexpr std::string_view kOrder = R"(
-- Scores from 2^52 on are another program's: a number there is not one less than the next.
local function nextOrder(buried)
  local last = call('ZRANGE', buried, '(4503599627370496', '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1, 'WITHSCORES')[2]
  return math.max(now(), (tonumber(last) or 0) + 1)
end
)";

// The one place where a task that its session knows comes to be buried.
inline constexpr std::string_view kBurying = R"(
local function bury(buried, tasks, ids, places, cancel, id, number, spare, value, order)
  local due = id ~= '' and call('HGET', ids, id) or call('HGET', places, number) or ''
  call('HDEL', places, number)
  if id ~= '' then call('HDEL', cancel, id) end
  if id == '' or call('HEXISTS', tasks, id) == 1 then id = spare end
  call('HSET', tasks, id, value)
  call('ZADD', buried, order, id)
  call('HSET', ids, id, 'b' .. due)
end
)";

// And one that is buried unread. After kOrder.
inline constexpr std::string_view kBuryingUnread = R"(
-- Under an id that it gets here, which begins with `kind`. The same form as in redis_buried.h.
local function buryUnread(buried, tasks, ids, envelope, kind, reason)
  call('HLEN', ids)
  local order, id = nextOrder(buried), nil
  repeat
    id = string.format('%s.%.0f', kind, order)
    order = order + 1
  until call('HEXISTS', tasks, id) == 0
  call('HSET', tasks, id, '0 0 0 0 ' .. #reason .. ' ' .. reason .. envelope)
  call('ZADD', buried, order - 1, id)
  call('HSET', ids, id, 'b')
end
)";

}  // namespace leptir
