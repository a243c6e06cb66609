// Lua functions that several scripts share, in pieces: each call of a script creates its functions anew, so each script
// includes only the pieces that it uses. Only redis_scripts.cc includes this file.
#pragma once

#include <string_view>

namespace leptir::redis {

// Included in every script. `unpack` carries at most some 8,000 values, so longer lists are passed in pieces.
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
-- The doorbell: a new entry in the stream wakes all waiting instances. If XADD fails, they see the task when they look
-- again by themselves. MAXLEN ~ keeps some dozens of entries; cutting the stream to exactly one costs three times as
-- much.
local function ring(wake)
  redis.pcall('XADD', wake, 'MAXLEN', '~', 1, '*', 'look', '')
end
)";

inline constexpr std::string_view kIds = R"(
-- The id in an envelope in the form of PHP or of leptir, with its JSON escapes; nil for other forms.
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

// Needs kIds.
inline constexpr std::string_view kNames = R"(
-- The name by which a session remembers a task that it leaves to others: its id, or (no id, or an envelope of another
-- form) size and digest of its bytes.
local function nameOf(envelope)
  local id = idOf(envelope)
  if id and id ~= '' and #id <= 1530 then return id end
  local ends = #envelope > 4096 and string.sub(envelope, 1, 2048) .. string.sub(envelope, -2048) or envelope
  return #envelope .. ' ' .. redis.sha1hex(ends)
end
)";

inline constexpr std::string_view kOrigins = R"(
-- leptir ends its envelopes with `ts`; PHP and other programs write none.
local byte, find = string.byte, string.find
local function isOfOthers(envelope)
  return not find(envelope, '"ts":', -160, true)
end
)";

inline constexpr std::string_view kPutting = R"(
-- Adds a task to the queue and returns its member there. If the queue has a member of the very same bytes (another
-- task, of a producer that uses no ids), line feeds are appended, which JSON parsers skip.
local function put(queue, ids, due, envelope, id)
  while call('ZADD', queue, 'NX', due, envelope) == 0 do envelope = envelope .. '\n' end
  if id ~= '' then call('HSET', ids, id, due) end
  return envelope
end
)";

// Needs kPutting.
inline constexpr std::string_view kPlaces = R"(
-- As put(), for a leased task that goes back. A task that leptir did not push is not added to `ids`: a PHP consumer may
-- remove it from the queue, and its id would stay in `ids` for ever.
local function putBack(queue, ids, places, due, envelope, id, number)
  local ofOthers = call('HDEL', places, number) == 1 and id ~= '' and call('HEXISTS', ids, id) == 0
  return put(queue, ids, due, envelope, ofOthers and '' or id)
end
-- The score that a leased task had in the queue; `said` is the one that its envelope suggests.
local function placeOf(ids, places, id, number, said, time)
  local old = tonumber(call('HGET', places, number) or nil) or tonumber(id ~= '' and call('HGET', ids, id) or nil)
  old = old or tonumber(said)
  return old and old == old and math.min(old, time / 1000000) or time / 1000000  -- "nan" is no score
end
)";

inline constexpr std::string_view kHeld = R"(
-- How many tasks a session holds; 0 if its key holds a value of another type.
local function heldIn(leased)
  local held = redis.pcall('HLEN', leased)
  return type(held) == 'number' and held or 0
end
)";

// The order of burial: scores of `buried`.
inline constexpr std::string_view kOrder = R"(
-- Scores from 2^52 on were written by another program and are ignored: in a double, such a number plus one may be the
-- same number.
local function nextOrder(buried)
  local last = call('ZRANGE', buried, '(4503599627370496', '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1, 'WITHSCORES')[2]
  return math.max(now(), (tonumber(last) or 0) + 1)
end
)";

// Buries a task whose envelope the session has read. All burials of such tasks go through here.
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

// Buries a task without sending it to a client. Needs kOrder.
inline constexpr std::string_view kBuryingUnread = R"(
-- The id is made here and begins with `kind`. The value has the form of redis_buried.h.
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

}  // namespace leptir::redis
