#include "backends/redis/redis_scripts.h"

#include <string>
#include <string_view>

#include "backends/redis/redis_lease_script.h"
#include "backends/redis/redis_push_script.h"

namespace leptir {
namespace {

// What all scripts have. `unpack` carries some 8,000 values at most, so long lists go in pieces.
constexpr std::string_view kCommon = R"(
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

// What a task is called and where it stands. Not for all: each call of a script makes its functions anew.
constexpr std::string_view kTasks = R"(
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
-- PHP and other programs write no `ts`, which leptir writes at the end.
local byte, find = string.byte, string.find
local function isOfOthers(envelope)
  return not find(envelope, '"ts":', -160, true)
end
-- Where a task waits. The very same bytes are there already: another task, by a producer that knows no ids. A blank at
-- the end, which no reader of JSON minds, keeps the two apart.
local function put(queue, ids, due, envelope, id)
  while call('ZADD', queue, 'NX', due, envelope) == 0 do envelope = envelope .. '\n' end
  if id ~= '' then call('HSET', ids, id, due) end
end
-- The same for one that was leased. `ids` does not learn of a task that leptir did not push: PHP may take it out, and
-- its id would stay.
local function putBack(queue, ids, places, due, envelope, id, number)
  local ofOthers = call('HDEL', places, number) == 1 and id ~= '' and call('HEXISTS', ids, id) == 0
  put(queue, ids, due, envelope, ofOthers and '' or id)
end
-- Where a task stood that is leased; `said` is what its envelope says.
local function placeOf(ids, places, id, number, said, time)
  local old = tonumber(call('HGET', places, number) or nil) or tonumber(id ~= '' and call('HGET', ids, id) or nil)
  old = old or tonumber(said)
  return old and old == old and math.min(old, time / 1000000) or time / 1000000  -- "nan" is no place
end
)";

// The order of burial, and the one place where a buried task comes to be.
constexpr std::string_view kBury = R"(
local function nextOrder(buried)
  local last = call('ZRANGE', buried, -1, -1, 'WITHSCORES')[2]
  return math.max(now(), (tonumber(last) or 0) + 1)
end
local function bury(buried, tasks, ids, places, cancel, id, number, spare, value, order)
  local due = id ~= '' and call('HGET', ids, id) or call('HGET', places, number) or ''
  call('HDEL', places, number)
  if id ~= '' then call('HDEL', cancel, id) end
  if id == '' or call('HEXISTS', tasks, id) == 1 then id = spare end
  call('HSET', tasks, id, value)
  call('ZADD', buried, order, id)
  call('HSET', ids, id, 'b' .. due)
end
-- One that is too large to be read by any leptir, under an id that it gets here. The same form as in redis_buried.h.
local function buryTooLarge(buried, tasks, ids, envelope, largest)
  local order = nextOrder(buried)
  local id, reason = string.format('too-large.%.0f', order), string.format('too large: %d bytes, more than %d', #envelope, largest)
  call('HSET', tasks, id, '0 0 0 0 ' .. #reason .. ' ' .. reason .. envelope)
  call('ZADD', buried, order, id)
  call('HSET', ids, id, 'b')
end
)";

constexpr std::string_view kOpen = R"(
local prefix, epoch, session = ARGV[1], ARGV[2], ARGV[3]
if tonumber(call('GET', KEYS[2]) or 0) >= tonumber(epoch) then return 0 end
for _, other in ipairs(call('ZRANGE', KEYS[1], 0, -1)) do
  if string.sub(other, 1, #prefix) == prefix then call('ZADD', KEYS[1], -1, other) end
end
call('SET', KEYS[2], epoch, 'EX', 2592000)
call('ZADD', KEYS[1], now() + ARGV[4], session)
call('HSET', KEYS[3], session, ARGV[5])
return 1
)";

constexpr std::string_view kRenew = R"(
if not isOpen(KEYS[1], ARGV[1]) then return -1 end
call('ZADD', KEYS[1], 'XX', now() + ARGV[2], ARGV[1])
local n = tonumber(ARGV[3])
local wishes = call('EXISTS', KEYS[3]) == 1
local lost, cancelled, by = {}, {}, {}
for i = 1, n do
  local id = ARGV[3 + n + i]
  if call('HEXISTS', KEYS[2], ARGV[3 + i]) == 0 then
    lost[#lost + 1] = i
  elseif wishes and id ~= '' then
    local who = call('HGET', KEYS[3], id)
    if who then cancelled[#cancelled + 1], by[#by + 1] = i, who end
  end
end
return {lost, cancelled, by}
)";

// One HDEL of many fields costs half of many of one; but its answer is a count. It is enough where the caller knows
// that all are held: only a session that was claimed loses any.
constexpr std::string_view kAcknowledge = R"(
if not isOpen(KEYS[1], ARGV[1]) then return -1 end
local n = tonumber(ARGV[2])
local function forget(ids, from, to)
  inPieces('HDEL', KEYS[3], ids, from, to)
  if call('EXISTS', KEYS[4]) == 1 then inPieces('HDEL', KEYS[4], ids, from, to) end
  if call('EXISTS', KEYS[5]) == 1 then inPieces('HDEL', KEYS[5], ARGV, 4, 3 + n) end
end
if ARGV[3] == 'held' then
  local gone = 0
  for first = 4, 3 + n, 6000 do
    gone = gone + call('HDEL', KEYS[2], unpack(ARGV, first, math.min(first + 5999, 3 + n)))
  end
  if gone == n then forget(ARGV, 4 + n, 3 + 2 * n) end
  return {}
end
local gone, lost = {}, {}
for i = 1, n do
  if call('HDEL', KEYS[2], ARGV[3 + i]) == 1 then
    gone[#gone + 1] = ARGV[3 + n + i]
  else
    lost[#lost + 1] = i
  end
end
forget(gone, 1, #gone)
return lost
)";

constexpr std::string_view kRelease = R"(
if not isOpen(KEYS[1], ARGV[1]) then return -1 end
local n, most, time = tonumber(ARGV[2]), tonumber(ARGV[3]), now()
local lost, left = {}, KEYS[6]
call('ZCARD', KEYS[3])
call('HLEN', KEYS[4])
call('ZCARD', left)
call('HLEN', KEYS[7])
local function block(number, i) return ARGV[3 + number * n + i] end
-- Answers when it is due: for all sessions at `till` if this one cannot remember it.
local function leave(envelope, id, due, till)
  if id == '' or idOf(envelope) ~= id then return till / 1000000 end
  if call('ZCARD', left) >= most then call('ZREMRANGEBYSCORE', left, '-inf', time) end
  if call('ZCARD', left) >= most then return till / 1000000 end
  call('ZADD', left, till, id)
  call('EXPIRE', left, 3600)
  return due
end
for i = 1, n do
  if call('HDEL', KEYS[2], block(0, i)) == 1 then
    local due, envelope, id, till = block(1, i), block(2, i), block(3, i), block(5, i)
    if due == '' then due = placeOf(KEYS[4], KEYS[7], id, block(0, i), block(4, i), time) end
    if till ~= '' then due = leave(envelope, id, due, till) end
    putBack(KEYS[3], KEYS[4], KEYS[7], due, envelope, id, block(0, i))
  else
    lost[#lost + 1] = i
  end
end
if #lost < n then ring(KEYS[5]) end
return lost
)";

constexpr std::string_view kBuryHeld = R"(
if not isOpen(KEYS[1], ARGV[1]) then return -1 end
local n, order = tonumber(ARGV[2]), nextOrder(KEYS[5])
local lost = {}
call('HLEN', KEYS[6])
call('HLEN', KEYS[3])
call('HLEN', KEYS[4])
call('HLEN', KEYS[7])
for i = 1, n do
  if call('HDEL', KEYS[2], ARGV[2 + i]) == 1 then
    bury(KEYS[5], KEYS[6], KEYS[3], KEYS[7], KEYS[4], ARGV[2 + n + i], ARGV[2 + i], ARGV[2 + 2 * n + i],
      ARGV[2 + 3 * n + i], order + i)
  else
    lost[#lost + 1] = i
  end
end
return lost
)";

// Compared with what the caller has read by the lease number: a task that left meanwhile is left alone.
constexpr std::string_view kGiveBack = R"(
local expiry = tonumber(call('ZSCORE', KEYS[1], ARGV[1]) or nil)
if not expiry or (expiry < 0) ~= (ARGV[2] == 'claimed') then return -1 end
local n, time, order = tonumber(ARGV[3]), now(), nextOrder(KEYS[6])
call('ZCARD', KEYS[3])
call('HLEN', KEYS[4])
call('HLEN', KEYS[5])
call('HLEN', KEYS[7])
call('HLEN', KEYS[9])
call('HLEN', KEYS[10])
local function block(number, i) return ARGV[3 + number * n + i] end
local done = 0
for i = 1, n do
  if call('HDEL', KEYS[2], block(0, i)) == 1 then
    done = done + 1
    local delay, id = block(1, i), block(4, i)
    if delay == '' then
      bury(KEYS[6], KEYS[7], KEYS[4], KEYS[10], KEYS[5], id, block(0, i), block(5, i), block(6, i), order + i)
    else
      local due = delay == '0' and placeOf(KEYS[4], KEYS[10], id, block(0, i), block(2, i), time) or (time + delay) / 1000000
      putBack(KEYS[3], KEYS[4], KEYS[10], due, block(3, i), id, block(0, i))
    end
  end
end
local ended = call('EXISTS', KEYS[2]) == 0
if ended then
  call('ZREM', KEYS[1], ARGV[1])
  call('HDEL', KEYS[9], ARGV[1])
end
if done > 0 then ring(KEYS[8]) end
return {done, ended and 1 or 0}
)";

constexpr std::string_view kEnd = R"(
for _, session in ipairs(call('ZRANGE', KEYS[1], 0, -1)) do
  if string.sub(session, 1, #ARGV[1]) == ARGV[1] and isOpen(KEYS[1], session) then call('ZADD', KEYS[1], 0, session) end
end
)";

constexpr std::string_view kClaim = R"(
local own = {}
for _, instance in ipairs(ARGV) do own[instance] = true end
for _, session in ipairs(call('ZRANGEBYSCORE', KEYS[1], 0, now())) do
  if not own[string.match(session, '^[^:]*')] then call('ZADD', KEYS[1], -1, session) end
end
return call('ZRANGEBYSCORE', KEYS[1], -1, -1)
)";

constexpr std::string_view kCount = R"(
local time = call('TIME')
local due = call('ZCOUNT', KEYS[1], '-inf', time[1] .. '.' .. string.format('%06d', time[2]))
local leased = 0
for _, session in ipairs(call('ZRANGE', KEYS[2], 0, -1)) do leased = leased + call('HLEN', ARGV[1] .. session) end
return {due, call('ZCARD', KEYS[1]) - due, leased, call('HLEN', KEYS[3])}
)";

constexpr std::string_view kTakeWaiting = R"(
if call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
call('HDEL', KEYS[2], ARGV[2])
call('HDEL', KEYS[3], ARGV[2])
return 1
)";

constexpr std::string_view kTakeBuried = R"(
if call('HDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
call('ZREM', KEYS[1], ARGV[1])
call('HDEL', KEYS[3], ARGV[1])
return 1
)";

constexpr std::string_view kBuryTooLarge = R"(
local envelope = call('HGET', KEYS[1], ARGV[1])
if not envelope or #envelope <= tonumber(ARGV[2]) then return 0 end
call('HDEL', KEYS[1], ARGV[1])
buryTooLarge(KEYS[3], KEYS[4], KEYS[2], envelope, tonumber(ARGV[2]))
return 1
)";

// Both leave out what is too large to be read.
constexpr std::string_view kScan = R"(
local page = call('ZSCAN', KEYS[1], ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local found, there = page[2], {}
for i = 1, #found, 2 do
  if #found[i] <= tonumber(ARGV[4]) then
    there[#there + 1], there[#there + 2] = found[i], found[i + 1]
  end
end
return {page[1], there}
)";

// In small pieces, since each may have 16 MiB.
constexpr std::string_view kAtScore = R"(
local score, first, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local before, crowd = call('ZCOUNT', KEYS[1], '-inf', '(' .. score), call('ZCOUNT', KEYS[1], score, score)
local there, bytes, last = {}, 0, math.min(first + most, crowd)
while first < last and bytes <= tonumber(ARGV[4]) do
  local upTo = math.min(first + 4, last)
  for _, envelope in ipairs(call('ZRANGE', KEYS[1], before + first, before + upTo - 1)) do
    bytes = bytes + #envelope
    if #envelope <= tonumber(ARGV[5]) then there[#there + 1] = envelope end
  end
  first = upTo
end
return {first < crowd and tostring(first) or '0', there}
)";

constexpr std::string_view kWish = R"(
if call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
)";

// Compared with what the caller has read. A task without an id of its own gets a mark before its place in `ids`: by
// that alone is such a one taken for the id it was buried under.
constexpr std::string_view kRevive = R"(
local n, time, revived = tonumber(ARGV[1]), now(), 0
local function block(number, i) return ARGV[1 + number * n + i] end
call('ZCARD', KEYS[1])
call('HLEN', KEYS[2])
call('ZCARD', KEYS[3])
for i = 1, n do
  local id, due = block(0, i), (time - n + i) / 1000000
  if call('HGET', KEYS[4], id) == block(1, i) then
    call('HDEL', KEYS[4], id)
    call('ZREM', KEYS[3], id)
    put(KEYS[1], KEYS[2], due, block(2, i), id)
    if block(3, i) ~= '' then call('HSET', KEYS[2], id, block(3, i) .. string.format('%.17g', due)) end
    revived = revived + 1
  end
end
if revived > 0 then ring(KEYS[5]) end
return revived
)";

// Each command where it changes nothing; deleting before writing, so that a user without one right leaves nothing.
constexpr std::string_view kTryRights = R"(
local none, leased, lease, epoch = ARGV[1], KEYS[8], KEYS[9], KEYS[10]
for i = 1, 3 do
  call('ZREM', KEYS[i], none)
  call('ZREMRANGEBYRANK', KEYS[i], 1, 0)
  call('ZADD', KEYS[i], 'XX', 0, none)
  call('ZCARD', KEYS[i])
  call('ZSCORE', KEYS[i], none)
  call('ZMSCORE', KEYS[i], none)
  call('ZREMRANGEBYSCORE', KEYS[i], 1, 0)
  call('ZRANGE', KEYS[i], 1, 0)
  call('ZRANGEBYSCORE', KEYS[i], 1, 0)
  call('ZCOUNT', KEYS[i], 1, 0)
end
for i = 4, 8 do
  call('HDEL', KEYS[i], none)
  call('HLEN', KEYS[i])
  call('HGET', KEYS[i], none)
  call('HMGET', KEYS[i], none)
  call('HSTRLEN', KEYS[i], none)
  call('HEXISTS', KEYS[i], none)
end
call('HKEYS', leased)
call('DEL', leased)
call('HSET', leased, none, '')
call('HDEL', leased, none)
call('GET', lease)
call('DEL', epoch)
call('EXPIRE', epoch, 1)
call('SET', epoch, 1, 'EX', 1)
call('DEL', epoch)
call('EXISTS', epoch)
return now() > 0 and 1 or 0
)";

class Writer {
 public:
  explicit Writer(int version) : hasFlags_(version >= 70000) {}

  // Refused while memory is short: it would need more.
  RedisScript growing(std::string_view body, std::string_view more = {}) const {
    return RedisScript((hasFlags_ ? "#!lua\n" : "") + whole(body, more));
  }
  // What lets a full server drain must run on it as well. Before 7 a first write that is not refused lifts the refusal
  // for the rest of a script.
  RedisScript draining(std::string_view body, std::string_view more = {}) const {
    const auto* const permit = hasFlags_ ? "#!lua flags=allow-oom\n" : "redis.call('DEL', KEYS[#KEYS] .. ':none')\n";
    return RedisScript(permit + whole(body, more));
  }

 private:
  static std::string whole(std::string_view body, std::string_view more) {
    return std::string(kCommon) + std::string(more) + std::string(body);
  }

  bool hasFlags_;
};

}  // namespace

RedisScripts::RedisScripts(int version)
    : push(Writer(version).growing(kPush, kTasks)),
      open(Writer(version).draining(kOpen)),
      lease(Writer(version).draining(kLease, std::string(kTasks) + std::string(kBury))),
      renew(Writer(version).draining(kRenew)),
      acknowledge(Writer(version).draining(kAcknowledge)),
      release(Writer(version).draining(kRelease, kTasks)),
      bury(Writer(version).draining(kBuryHeld, kBury)),
      giveBack(Writer(version).draining(kGiveBack, std::string(kTasks) + std::string(kBury))),
      end(Writer(version).draining(kEnd)),
      claim(Writer(version).draining(kClaim)),
      count(Writer(version).draining(kCount)),
      takeWaiting(Writer(version).draining(kTakeWaiting)),
      takeBuried(Writer(version).draining(kTakeBuried)),
      buryTooLarge(Writer(version).draining(kBuryTooLarge, kBury)),
      scan(Writer(version).draining(kScan)),
      atScore(Writer(version).draining(kAtScore)),
      wish(Writer(version).draining(kWish)),
      revive(Writer(version).draining(kRevive, kTasks)),
      tryRights(Writer(version).growing(kTryRights)) {}

}  // namespace leptir
