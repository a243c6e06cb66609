#include "backends/redis/redis_facts.h"

#include <charconv>

#include "backends/redis/redis_connection.h"
#include "base/escape.h"

namespace leptir {
namespace {

constexpr int kOldestVersion = 60200;

// The value of one line "name:value\r\n"; empty: there is none.
std::string_view lineOf(std::string_view info, std::string_view name) {
  for (std::size_t at = 0; at < info.size();) {
    auto end = info.find("\r\n", at);
    if (end == std::string_view::npos) end = info.size();
    const auto line = info.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) return line.substr(name.size() + 1);
    at = end + 2;
  }
  return {};
}

std::string durabilityOf(std::string_view info, std::optional<std::string_view> save,
                         std::optional<std::string_view> appendFsync) {
  if (lineOf(info, "aof_enabled") == "1") {
    if (!appendFsync) return "append-only file; how often it is synced is not told (CONFIG GET is refused)";
    if (*appendFsync == "always") return "append-only file, synced before each answer: all survives a power cut";
    if (*appendFsync == "no")
      return "append-only file, synced when the system likes: a power cut takes up to 30 s or more";
    return "append-only file, synced each second: all survives the death of the server, a power cut takes up to 2 s";
  }
  if (!save) return "no append-only file; whether it saves snapshots is not told (CONFIG GET is refused)";
  if (!save->empty()) return "snapshots: the end of the server takes what came after the last one";
  return "none: the end of the server takes everything";
}

void warnOfEviction(std::string_view policy, std::vector<std::string>& warnings) {
  if (policy.empty() || policy == "noeviction") return;
  const bool onlyExpiring = policy.starts_with("volatile");
  warnings.push_back("its maxmemory-policy is " + escaped(policy) + ": when it is full it deletes " +
                     (onlyExpiring ? "records before their time" : "tasks and records") + "; set it to noeviction");
}

}  // namespace

Result<RedisFacts> askFacts(RedisConnection& connection) {
  connection.append({"INFO"});
  connection.append({"CONFIG", "GET", "save"});
  connection.append({"CONFIG", "GET", "appendfsync"});
  const auto replies = connection.exchange();
  if (!replies) return replies.error();
  std::optional<std::string_view> info;
  if (const auto reply = replies->at(0).value(); reply.kind() == RedisValue::Kind::Text) info = reply.text();
  const auto setting = [&](std::size_t i) -> std::optional<std::string_view> {
    const auto reply = replies->at(i).value();
    if (reply.size() != 2) return {};
    return reply[1].text();
  };
  auto facts = factsFrom(info, setting(1), setting(2));
  if (facts.version == 0) facts.version = connection.version();
  for (auto& warning : facts.warnings) warning.insert(0, connection.address().where() + ": ");
  return facts;
}

RedisFacts factsFrom(std::optional<std::string_view> info, std::optional<std::string_view> save,
                     std::optional<std::string_view> appendFsync) {
  RedisFacts facts;
  if (!info) {
    facts.durability = "not told (INFO is refused)";
    facts.warnings.push_back("does not let leptir see whether it evicts or persists: permit INFO");
    return facts;
  }
  const auto version = lineOf(*info, "redis_version");
  facts.version = redisVersion(version);
  if (facts.version != 0 && facts.version < kOldestVersion)
    facts.warnings.push_back("its version is " + escaped(version) + ": leptir needs 6.2 or newer");
  if (lineOf(*info, "role") == "slave")
    facts.warnings.push_back("it is a replica, which cannot be written: name its primary");
  warnOfEviction(lineOf(*info, "maxmemory_policy"), facts.warnings);
  if (lineOf(*info, "aof_enabled") == "0" && save && save->empty())
    facts.warnings.push_back("it keeps nothing on disk: when it ends, all is lost; set appendonly to yes");
  facts.durability = durabilityOf(*info, save, appendFsync);
  return facts;
}

int redisVersion(std::string_view text) {
  int number = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 3; ++part) {
    unsigned value = 0;
    const auto [after, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value > 99) return 0;
    number = number * 100 + static_cast<int>(value);
    at = after != end && *after == '.' ? after + 1 : after;
  }
  return number;
}

}  // namespace leptir
