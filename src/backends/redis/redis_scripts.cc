#include "backends/redis/redis_scripts.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include "backends/redis/redis_lease_script.h"
#include "backends/redis/redis_push_script.h"
#include "backends/redis/redis_script_pieces.h"

namespace leptir::redis {
namespace {

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
    if who then cancelled[#cancelled + 1], by[#by + 1] = i, string.sub(who, 1, ARGV[4 + 2 * n]) end
  end
end
return {lost, cancelled, by}
)";

// One HDEL of many fields costs half of many HDELs of one, but returns only a count. That is enough where the caller
// has leased all of these tasks: then all of them are held, unless the session was claimed.
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
-- Whether this session may leave one more task to others.
local function isRoomToLeave()
  if call('ZCARD', left) >= most then call('ZREMRANGEBYSCORE', left, '-inf', time) end
  return call('ZCARD', left) < most
end
for i = 1, n do
  if call('HDEL', KEYS[2], block(0, i)) == 1 then
    local due, envelope, id, till = block(1, i), block(2, i), block(3, i), block(5, i)
    if due == '' then due = placeOf(KEYS[4], KEYS[7], id, block(0, i), block(4, i), time) end
    local leaves = till ~= '' and isRoomToLeave()
    if till ~= '' and not leaves then due = till / 1000000 end
    local member = putBack(KEYS[3], KEYS[4], KEYS[7], due, envelope, id, block(0, i))
    if leaves then
      call('ZADD', left, till, nameOf(member))
      call('EXPIRE', left, 3600)
    end
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

// A task whose lease number is no longer in the session is skipped: it left after the caller read the session. A
// session without leases ends even if the keys of the queue hold values of other types.
constexpr std::string_view kGiveBack = R"(
local expiry = tonumber(call('ZSCORE', KEYS[1], ARGV[1]) or nil)
if not expiry or (expiry < 0) ~= (ARGV[2] == 'claimed') then return -1 end
local n, time, order = tonumber(ARGV[3]), now(), nil
call('HLEN', KEYS[9])
if n > 0 then
  order = nextOrder(KEYS[6])
  call('ZCARD', KEYS[3])
  call('HLEN', KEYS[4])
  call('HLEN', KEYS[5])
  call('HLEN', KEYS[7])
  call('HLEN', KEYS[10])
end
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
local ended = 0
for _, session in ipairs(call('ZRANGE', KEYS[1], 0, -1)) do
  if string.sub(session, 1, #ARGV[1]) == ARGV[1] and isOpen(KEYS[1], session) then
    call('ZADD', KEYS[1], 0, session)
    ended = ended + 1
  end
end
return ended
)";

// Another program may have written a name too long for any client to read, which would make every recovery fail. Such
// names are removed, at most a hundred for each call, and only their beginnings are sent.
constexpr std::string_view kClaim = R"(
local longest, own, names, cut, sizes = tonumber(ARGV[1]), {}, {}, {}, {}
for i = 2, #ARGV do own[ARGV[i]] = true end
local function isName(session)
  if #session <= longest then return true end
  if #cut < 100 then
    call('ZREM', KEYS[1], session)
    cut[#cut + 1], sizes[#sizes + 1] = string.sub(session, 1, 64), #session
  end
  return false
end
for _, session in ipairs(call('ZRANGEBYSCORE', KEYS[1], 0, now())) do
  if isName(session) and not own[string.match(session, '^[^:]*')] then call('ZADD', KEYS[1], -1, session) end
end
for _, session in ipairs(call('ZRANGEBYSCORE', KEYS[1], -1, -1)) do
  if isName(session) then names[#names + 1] = session end
end
return {names, cut, sizes}
)";

constexpr std::string_view kSessions = R"(
local names = {}
for _, session in ipairs(call('ZRANGE', KEYS[1], 0, -1)) do
  if #session <= tonumber(ARGV[1]) then names[#names + 1] = session end
end
return names
)";

constexpr std::string_view kCancelRequestsOf = R"(
local by = {}
for i = 2, #ARGV do
  local who = call('HGET', KEYS[1], ARGV[i])
  by[i - 1] = who and string.sub(who, 1, ARGV[1])
end
return by
)";

constexpr std::string_view kCount = R"(
local time = call('TIME')
local due = call('ZCOUNT', KEYS[1], '-inf', time[1] .. '.' .. string.format('%06d', time[2]))
local leased = 0
for _, session in ipairs(call('ZRANGE', KEYS[2], 0, -1)) do leased = leased + heldIn(ARGV[1] .. session) end
return {due, call('ZCARD', KEYS[1]) - due, leased, call('HLEN', KEYS[3])}
)";

constexpr std::string_view kRemoveWaiting = R"(
if call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
call('HDEL', KEYS[2], ARGV[2])
call('HDEL', KEYS[3], ARGV[2])
return 1
)";

constexpr std::string_view kRemoveBuried = R"(
if call('HDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
call('ZREM', KEYS[1], ARGV[1])
call('HDEL', KEYS[3], ARGV[1])
return 1
)";

constexpr std::string_view kBuryUnread = R"(
local count = 0
for i = 4, #ARGV do
  local envelope = call('HGET', KEYS[1], ARGV[i])
  if envelope and #envelope >= tonumber(ARGV[1]) then
    buryUnread(KEYS[3], KEYS[4], KEYS[2], envelope, ARGV[2], ARGV[3])
    call('HDEL', KEYS[1], ARGV[i])
    count = count + 1
  end
end
return count
)";

// All fields at once where they are few. Of more, HRANDFIELD returns fields without values; HSCAN reads the values as
// well.
constexpr std::string_view kListLeaseNumbers = R"(
local leased, ids, buried, buriedTasks = unpack(KEYS)
local cursor, most, buries, step = ARGV[1], tonumber(ARGV[2]), ARGV[3] == 'bury', ARGV[4]
local held, next, fields, bytes = call('HLEN', leased), '0', {}, 0
if held <= most then
  fields = call('HKEYS', leased)
elseif cursor == 'some' then
  fields = call('HRANDFIELD', leased, most)
else
  local page = call('HSCAN', leased, cursor, 'COUNT', step)
  next = page[1]
  for i = 1, #page[2], 2 do
    fields[#fields + 1] = page[2][i]
    bytes = bytes + #page[2][i + 1]
  end
end
local numbers, count = {}, 0
for _, field in ipairs(fields) do
  if field == '0' or #field <= 19 and string.find(field, '^[1-9]%d*$') then
    numbers[#numbers + 1] = field
  elseif buries and count < most then
    local reason = 'it stood among the leases of a session under no lease number'
    buryUnread(buried, buriedTasks, ids, call('HGET', leased, field), 'foreign', reason)
    call('HDEL', leased, field)
    count = count + 1
  end
end
return {next, numbers, count, bytes, held}
)";

// kScan and kAtScore leave out members that are too large to be read.
constexpr std::string_view kScan = R"(
local asked, escaped, largest = ARGV[3], ARGV[4], tonumber(ARGV[5])
-- False only for a member that certainly has another id: one in the form of PHP or leptir whose id has no escapes.
local function mayHaveIt(envelope)
  local brace = string.find(envelope, '{', 2, true)
  if not brace or string.sub(envelope, brace - 5, brace + 6) ~= '"td":{"id":"' then return true end
  local id = idOf(envelope)
  return not id or id == asked or id == escaped or string.find(id, '\\', 1, true)
end
local page = call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local found, there, bytes = page[2], {}, 0
for i = 1, #found, 2 do
  bytes = bytes + #found[i]
  if #found[i] <= largest and mayHaveIt(found[i]) then
    there[#there + 1], there[#there + 2] = found[i], found[i + 1]
  end
end
return {page[1], there, bytes}
)";

// Reads four members at once, since each may have 16 MiB.
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

constexpr std::string_view kRequestCancel = R"(
if call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
)";

// Revives a task only if its value is still the one that the caller read. A task without an id gets a mark before its
// score in `ids`: the mark says that the id there is the one given at its burial.
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

// Executes each command in a way that changes nothing, and deletes before it writes, so that a user who may write but
// not delete leaves nothing behind. XADD comes last, since it wakes waiting instances; it adds only to a stream that
// exists.
constexpr std::string_view kTryRights = R"(
local none, leased, left, epoch, wake = ARGV[1], KEYS[9], KEYS[4], KEYS[13], KEYS[14]
for i = 1, 4 do
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
for i = 5, 10 do
  call('HDEL', KEYS[i], none)
  call('HLEN', KEYS[i])
  call('HGET', KEYS[i], none)
  call('HMGET', KEYS[i], none)
  call('HSTRLEN', KEYS[i], none)
  call('HEXISTS', KEYS[i], none)
end
call('ZSCAN', KEYS[1], 0, 'MATCH', none)
call('HRANDFIELD', KEYS[5], 1)
call('HKEYS', leased)
call('HSCAN', leased, 0)
call('DEL', leased)
call('HSET', leased, none, '')
call('HDEL', leased, none)
for i = 11, 12 do
  local text = call('GET', KEYS[i])
  if text then call('SET', KEYS[i], text, 'KEEPTTL') else call('DEL', KEYS[i]) end
end
call('EXPIRE', left, 1)
call('DEL', epoch)
call('EXPIRE', epoch, 1)
call('SET', epoch, 1, 'EX', 1)
call('DEL', epoch)
call('EXISTS', epoch)
local time = now()
call('XADD', wake, 'NOMKSTREAM', 'MAXLEN', '~', 1, '*', 'look', '')
return time > 0 and 1 or 0
)";

class Writer {
 public:
  using Pieces = std::initializer_list<std::string_view>;

  explicit Writer(int version) : hasFlags_(version >= 70000) {}

  // A script that adds data: the server refuses it while memory is short.
  RedisScript growing(std::string_view body, Pieces pieces = {}) const {
    return RedisScript((hasFlags_ ? "#!lua\n" : "") + whole(body, pieces));
  }
  // A script that must run on a full server too, so that the queue can drain. Redis 7 has a flag for that. On older
  // servers a first write that needs no memory (here DEL of a key that does not exist) lets the rest of the script
  // write as well.
  RedisScript draining(std::string_view body, Pieces pieces = {}) const {
    const auto* const permit = hasFlags_ ? "#!lua flags=allow-oom\n" : "redis.call('DEL', KEYS[#KEYS] .. ':none')\n";
    return RedisScript(permit + whole(body, pieces));
  }

 private:
  static std::string whole(std::string_view body, Pieces pieces) {
    std::string text(kCommon);
    for (const auto piece : pieces) text += piece;
    return text += body;
  }

  bool hasFlags_;
};

}  // namespace

RedisScripts::RedisScripts(int version)
    : push(Writer(version).growing(kPush, {kIds, kHeld})),
      open(Writer(version).draining(kOpen)),
      lease(Writer(version).draining(kLease, {kIds, kNames, kOrigins, kOrder, kBuryingUnread})),
      renew(Writer(version).draining(kRenew)),
      acknowledge(Writer(version).draining(kAcknowledge)),
      release(Writer(version).draining(kRelease, {kIds, kNames, kPutting, kPlaces})),
      bury(Writer(version).draining(kBuryHeld, {kOrder, kBurying})),
      giveBack(Writer(version).draining(kGiveBack, {kPutting, kPlaces, kOrder, kBurying})),
      end(Writer(version).draining(kEnd)),
      claim(Writer(version).draining(kClaim)),
      listSessions(Writer(version).draining(kSessions)),
      cancelRequestsOf(Writer(version).draining(kCancelRequestsOf)),
      count(Writer(version).draining(kCount, {kHeld})),
      removeWaiting(Writer(version).draining(kRemoveWaiting)),
      removeBuried(Writer(version).draining(kRemoveBuried)),
      listLeaseNumbers(Writer(version).draining(kListLeaseNumbers, {kOrder, kBuryingUnread})),
      buryUnread(Writer(version).draining(kBuryUnread, {kOrder, kBuryingUnread})),
      scan(Writer(version).draining(kScan, {kIds})),
      atScore(Writer(version).draining(kAtScore)),
      requestCancel(Writer(version).draining(kRequestCancel)),
      revive(Writer(version).draining(kRevive, {kPutting})),
      tryRights(Writer(version).growing(kTryRights)) {}

}  // namespace leptir::redis
