#include "backends/redis/redis_errors.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/escape.h"

namespace leptir::redis {
namespace {

using enum ErrorCode;
constexpr auto Stays = RedisRefusal::Connection::Stays;
constexpr auto Ends = RedisRefusal::Connection::Ends;

struct Row {
  std::string_view begins;
  RedisRefusal refusal;
};

constexpr RedisRefusal kNoRights{Invalid, Stays,
                                 "does not permit this user what leptir does: extend its rights (ACL SETUSER)"};
constexpr RedisRefusal kTooOld{
    Invalid, Stays,
    "does not know a command: leptir needs Redis 6.2 or newer, and no command renamed (rename-command)"};

// Errors whose first word is a code that is the same in all versions of Redis.
constexpr std::array kByCode{
    // Temporary: the same request may succeed later.
    Row{"NOSCRIPT", {Unavailable, Stays, "no longer knows a script; the next call loads it again"}},
    Row{"LOADING", {Unavailable, Ends, "is still loading its data"}},
    Row{"READONLY", {Unavailable, Ends, "is a replica, which cannot be written: name its primary"}},
    Row{"MASTERDOWN", {Unavailable, Ends, "is a replica that has lost its primary: name the primary"}},
    Row{"UNBLOCKED", {Unavailable, Ends, "ended a blocking wait because it became a replica"}},
    Row{"BUSY", {Unavailable, Stays, "is busy with a long-running script (SCRIPT KILL ends it)"}},
    Row{"TRYAGAIN", {Unavailable, Stays, "is moving keys between nodes of its cluster"}},
    Row{"ASK", {Unavailable, Stays, "is moving keys between nodes of its cluster"}},
    Row{"CLUSTERDOWN", {Unavailable, Stays, "is part of a cluster that does not serve all keys"}},
    Row{"NOREPLICAS", {Unavailable, Stays, "has fewer replicas than its min-replicas-to-write wants"}},
    Row{"MISCONF", {Unavailable, Stays, "cannot save to its disk and refuses writes: see its log"}},
    // Unavailable and not TooLarge: the server is full as a whole, a smaller request would not help.
    Row{"OOM", {Unavailable, Stays, "is full (maxmemory): nothing was added; let tasks run, or raise its maxmemory"}},
    // Permanent: only a change of leptir's or of the server's configuration helps.
    Row{"NOAUTH", {Invalid, Ends, "wants a password: set 'password' (and 'user')"}},
    Row{"WRONGPASS", {Invalid, Ends, "refuses the user or the password: correct 'user' and 'password'"}},
    Row{"NOPERM", kNoRights},
    Row{"DENIED",
        {Invalid, Ends, "is in protected mode, which admits no clients of other machines: set a password there"}},
    Row{"WRONGTYPE", {Invalid, Stays, "has a value of another type under this key: choose another 'key'"}},
    Row{"MOVED", {Invalid, Stays, "is part of a cluster that keeps this key on another node: name that one"}},
    Row{"CROSSSLOT",
        {Invalid, Stays,
         "is part of a cluster that keeps these keys on several nodes: choose a 'key' without { and }, or with one "
         "{tag}"}},
};

// Errors without a code of their own begin with ERR (6.2 leaves ERR out within scripts): they are known by the words
// after it, which differ between versions of Redis.
constexpr std::array kByWords{
    Row{"max number of clients", {Unavailable, Ends, "has as many clients as it takes: raise its maxclients"}},
    Row{"invalid password", {Invalid, Ends, "refuses the password: correct 'password'"}},
    Row{"AUTH <password> called without", {Invalid, Ends, "wants no password: leave 'password' out"}},
    Row{"Client sent AUTH, but no password", {Invalid, Ends, "wants no password: leave 'password' out"}},
    Row{"DB index is out of range", {Invalid, Ends, "has no such database: correct 'database'"}},
    Row{"invalid DB index", {Invalid, Ends, "has no such database: correct 'database'"}},
    Row{"SELECT is not allowed in cluster", {Invalid, Ends, "is part of a cluster, which has only database 0"}},
    Row{"unknown command", kTooOld},
    // NOPERM within a script. The first is of 6.2 and 7.0, the second of 8.
    Row{"The user executing the script can't", kNoRights},
    Row{"ACL failure in script", kNoRights},
    Row{"Unknown Redis command called from script", kTooOld},
};

// Redis 6.2 wraps the error of a command within a script: "ERR Error running script (call to f_…): @user_script:1:
// @user_script: 1: -OOM command …". Newer servers begin with that error itself. Returns the inner error.
std::string_view innermost(std::string_view reply) {
  constexpr std::string_view kMark = "@user_script:";
  if (!reply.starts_with("ERR Error running script")) return reply;
  const auto mark = reply.rfind(kMark);
  if (mark == std::string_view::npos) return reply;
  const auto after = reply.find(": ", mark + kMark.size() + 1);
  if (after == std::string_view::npos) return reply;
  auto inner = reply.substr(after + 2);
  if (inner.starts_with('-')) inner.remove_prefix(1);
  return inner;
}

template <std::size_t kSize>
const RedisRefusal* rowFor(const std::array<Row, kSize>& rows, auto&& fits) {
  const auto row = std::find_if(rows.begin(), rows.end(), fits);
  return row == rows.end() ? nullptr : &row->refusal;
}

}  // namespace

RedisRefusal refusalOf(std::string_view reply) {
  auto words = innermost(reply);
  const auto code = words.substr(0, words.find(' '));
  if (const auto* known = rowFor(kByCode, [&](const Row& each) { return each.begins == code; })) return *known;
  if (code == "ERR") words.remove_prefix(std::min(words.size(), code.size() + 1));
  const auto* known = rowFor(kByWords, [&](const Row& each) { return words.starts_with(each.begins); });
  return known != nullptr ? *known : RedisRefusal{};
}

Error errorFrom(std::string_view reply) {
  const auto refusal = refusalOf(reply);
  const auto words = base::inQuotes(innermost(reply), 200);
  if (refusal.meaning.empty()) return Error(refusal.code, "refuses: " + words);
  return Error(refusal.code, std::string(refusal.meaning) + " (" + words + ")");
}

Error errorOfLogin(std::string_view reply) {
  const auto refusal = refusalOf(reply);
  if (!refusal.meaning.empty()) return Error(refusal.code, std::string(refusal.meaning));
  return Error(Invalid, "refuses the login: correct 'user' and 'password'");
}

bool isNoScript(std::string_view reply) {
  return reply.starts_with("NOSCRIPT ") || reply == "NOSCRIPT";
}

}  // namespace leptir::redis
