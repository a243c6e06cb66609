#include "backends/redis/redis_errors.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/escape.h"

namespace leptir {
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

// The first row that fits counts.
constexpr std::array kRows{
    // It will pass, or somebody is at it.
    Row{"NOSCRIPT", {Unavailable, Stays, "does not know a script any more"}},
    Row{"LOADING", {Unavailable, Ends, "is still loading its data"}},
    Row{"READONLY", {Unavailable, Ends, "is a replica, which cannot be written: name its primary"}},
    Row{"MASTERDOWN", {Unavailable, Ends, "is a replica that has lost its primary: name the primary"}},
    Row{"UNBLOCKED", {Unavailable, Ends, "ended a wait since it became a replica"}},
    Row{"BUSY ", {Unavailable, Stays, "is busy with somebody's script (SCRIPT KILL would end it)"}},
    Row{"TRYAGAIN", {Unavailable, Stays, "is moving keys between nodes of its cluster"}},
    Row{"ASK ", {Unavailable, Stays, "is moving keys between nodes of its cluster"}},
    Row{"CLUSTERDOWN", {Unavailable, Stays, "is part of a cluster that does not serve all keys"}},
    Row{"NOREPLICAS", {Unavailable, Stays, "has fewer replicas than its min-replicas-to-write wants"}},
    Row{"MISCONF", {Unavailable, Stays, "cannot save to its disk and refuses writes: see its log"}},
    Row{"ERR max number of clients", {Unavailable, Ends, "has as many clients as it takes: raise its maxclients"}},
    // Nothing that we could make smaller: it is the sum of all that lies there.
    Row{"OOM", {Unavailable, Stays, "is full (maxmemory): nothing was added; let tasks run, or raise its maxmemory"}},
    // Only a change of the configuration, here or there, helps.
    Row{"NOAUTH", {Invalid, Ends, "wants a password: set 'password' (and 'user')"}},
    Row{"WRONGPASS", {Invalid, Ends, "refuses the user or the password: correct 'user' and 'password'"}},
    Row{"ERR invalid password", {Invalid, Ends, "refuses the password: correct 'password'"}},
    Row{"ERR AUTH <password> called without", {Invalid, Ends, "wants no password: leave 'password' out"}},
    Row{"ERR Client sent AUTH, but no password", {Invalid, Ends, "wants no password: leave 'password' out"}},
    Row{"NOPERM", kNoRights},
    // Within a script, as 7 says it and as 6.2 does.
    Row{"ERR The user executing the script can't", kNoRights},
    Row{"The user executing the script can't", kNoRights},
    Row{"DENIED", {Invalid, Ends, "is in protected mode and takes no clients from other machines"}},
    Row{"ERR DB index is out of range", {Invalid, Ends, "has no such database: correct 'database'"}},
    Row{"ERR invalid DB index", {Invalid, Ends, "has no such database: correct 'database'"}},
    Row{"ERR SELECT is not allowed in cluster", {Invalid, Ends, "is part of a cluster, which has only database 0"}},
    Row{"WRONGTYPE", {Invalid, Stays, "has a value of another kind under this key: choose another 'key'"}},
    Row{"MOVED", {Invalid, Stays, "is part of a cluster that keeps this key on another node: name that one"}},
    Row{"CROSSSLOT", {Invalid, Stays, "is part of a cluster that keeps these keys on several nodes"}},
    Row{"ERR unknown command", {Invalid, Stays, "does not know a command: leptir needs Redis 6.2 or newer"}},
};

// "ERR Error running script (call to f_…): @user_script:1: @user_script: 1: -OOM command …": how 6.2 reports what a
// command within a script was answered. Newer servers begin with the command's own error.
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

}  // namespace

RedisRefusal refusalOf(std::string_view reply) {
  const auto inner = innermost(reply);
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& each) { return inner.starts_with(each.begins); });
  return row != kRows.end() ? row->refusal : RedisRefusal{};
}

Error errorFrom(std::string_view reply) {
  const auto refusal = refusalOf(reply);
  const auto words = inQuotes(innermost(reply), 200);
  if (refusal.meaning.empty()) return Error(refusal.code, "refuses: " + words);
  return Error(refusal.code, std::string(refusal.meaning) + " (" + words + ")");
}

Error errorOfLogin(std::string_view reply) {
  const auto refusal = refusalOf(reply);
  if (!refusal.meaning.empty()) return Error(refusal.code, std::string(refusal.meaning));
  return Error(Invalid, "refuses the login: correct 'user' and 'password'");
}

bool isNoScript(std::string_view reply) {
  return reply.starts_with("NOSCRIPT");
}

}  // namespace leptir
