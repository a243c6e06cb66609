#include "backends/redis/redis_server_info.h"

#include <charconv>

#include "backends/redis/redis_connection.h"
#include "base/escape.h"

namespace leptir::redis {
namespace {

constexpr int kMinServerVersion = 60200;

std::string durabilityOf(std::string_view info, std::optional<std::string_view> save,
                         std::optional<std::string_view> appendFsync) {
  if (infoValue(info, "aof_enabled") == "1") {
    if (!appendFsync) return "append-only file; how often it is synced is unknown (CONFIG GET is refused)";
    if (*appendFsync == "always") return "append-only file, synced before each answer: all survives a power cut";
    if (*appendFsync == "no")
      return "append-only file, synced when the operating system decides: a power cut loses the changes of the last 30 "
             "s, sometimes more";
    return "append-only file, synced each second: a crash of the Redis process loses nothing, a power cut loses up to "
           "2 s of changes";
  }
  if (!save) return "no append-only file; whether it saves snapshots is unknown (CONFIG GET is refused)";
  if (!save->empty()) return "snapshots: a crash of the server loses all changes since the last one";
  return "none: all is lost when the server stops";
}

void flagEviction(std::string_view policy, std::vector<StoreFinding>& findings) {
  if (policy.empty() || policy == "noeviction") return;
  const bool onlyExpiring = policy.starts_with("volatile");
  findings.push_back({onlyExpiring ? FindingSeverity::Warning : FindingSeverity::Problem, "eviction",
                      "its maxmemory-policy is " + base::escaped(policy) + ": when it is full it deletes " +
                          (onlyExpiring ? "records before their time" : "tasks and records"),
                      "set it to noeviction"});
}

// Whether all changes since the last snapshot, or all of them, are lost when the server stops.
void flagPersistence(std::string_view info, std::optional<std::string_view> save, std::vector<StoreFinding>& findings) {
  if (infoValue(info, "aof_enabled") != "0" || !save) return;
  if (save->empty())
    findings.push_back({FindingSeverity::Warning, "durability", "it keeps nothing on disk: when it stops, all is lost",
                        "set appendonly to yes"});
  else
    findings.push_back({FindingSeverity::Note, "durability",
                        "it saves snapshots only: a crash loses all changes since the last one",
                        "set appendonly to yes if no task may be lost"});
}

void flagSyncing(std::string_view info, std::optional<std::string_view> appendFsync,
                 std::vector<StoreFinding>& findings) {
  if (infoValue(info, "aof_enabled") != "1" || appendFsync != "no") return;
  findings.push_back({FindingSeverity::Note, "durability",
                      "it syncs its append-only file only when the operating system decides: a power cut loses the "
                      "changes of the last 30 s, sometimes more",
                      "set appendfsync to everysec"});
}

}  // namespace

std::string_view infoValue(std::string_view info, std::string_view name) {
  for (std::size_t at = 0; at < info.size();) {
    auto end = info.find("\r\n", at);
    if (end == std::string_view::npos) end = info.size();
    const auto line = info.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) return line.substr(name.size() + 1);
    at = end + 2;
  }
  return {};
}

std::vector<std::string> RedisServerInfo::warnings() const {
  std::vector<std::string> texts;
  for (const auto& finding : findings) {
    if (finding.severity != FindingSeverity::Note) texts.push_back(warningOf(finding));
  }
  return texts;
}

Result<RedisServerInfo> readServerInfo(RedisConnection& connection) {
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
  auto serverInfo = parseServerInfo(info, setting(1), setting(2));
  if (serverInfo.version == 0) serverInfo.version = connection.version();
  for (auto& finding : serverInfo.findings) finding.what.insert(0, connection.address().where() + ": ");
  return serverInfo;
}

RedisServerInfo parseServerInfo(std::optional<std::string_view> info, std::optional<std::string_view> save,
                                std::optional<std::string_view> appendFsync) {
  RedisServerInfo serverInfo;
  auto& findings = serverInfo.findings;
  if (!info) {
    serverInfo.durability = "unknown (INFO is refused)";
    findings.push_back(
        {FindingSeverity::Warning, "rights", "does not let leptir see whether it evicts or persists", "permit INFO"});
    return serverInfo;
  }
  const auto version = infoValue(*info, "redis_version");
  serverInfo.version = redisVersion(version);
  if (serverInfo.version != 0 && serverInfo.version < kMinServerVersion)
    findings.push_back({FindingSeverity::Problem, "version",
                        "its version is " + base::escaped(version) + ": leptir needs 6.2 or newer", ""});
  if (infoValue(*info, "role") == "slave")
    findings.push_back(
        {FindingSeverity::Problem, "replica", "it is a replica, which cannot be written", "name its primary"});
  flagEviction(infoValue(*info, "maxmemory_policy"), findings);
  flagPersistence(*info, save, findings);
  flagSyncing(*info, appendFsync, findings);
  serverInfo.durability = durabilityOf(*info, save, appendFsync);
  return serverInfo;
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

}  // namespace leptir::redis
