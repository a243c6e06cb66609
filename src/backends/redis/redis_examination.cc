#include "backends/redis/redis_examination.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_server_info.h"
#include "base/disk_space.h"
#include "base/escape.h"

namespace leptir::redis {
namespace {

std::uint64_t numberIn(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

class InfoExaminer {
 public:
  InfoExaminer(std::string_view info, const std::string& where) : info_(info), where_(where) {}

  StoreExamination examine() && {
    examineMemory();
    examineEvictions();
    examineClients();
    examineSaves();
    examineCluster();
    return std::move(result_);
  }

 private:
  std::uint64_t number(std::string_view name) const { return numberIn(infoValue(info_, name)); }

  void add(FindingSeverity severity, std::string kind, std::string_view what, std::string advice) {
    result_.add(severity, std::move(kind), fmt::format("{}: {}", where_, what), std::move(advice));
  }

  void examineMemory() {
    ++result_.looked;
    const auto used = number("used_memory"), most = number("maxmemory");
    if (most == 0 || used < most - most / 10) return;
    const bool isFull = used >= most - most / 50;
    add(isFull ? FindingSeverity::Problem : FindingSeverity::Warning, "memory",
        fmt::format("it uses {} of its maxmemory of {}: when it is full it refuses pushes and records",
                    base::bytesText(used), base::bytesText(most)),
        "raise maxmemory, or let records expire sooner (expire_after_seconds)");
  }

  void examineEvictions() {
    ++result_.looked;
    const auto evicted = number("evicted_keys");
    if (evicted == 0) return;
    add(FindingSeverity::Problem, "eviction",
        fmt::format("it has deleted {} keys for lack of memory since its start; tasks or records may be among them",
                    evicted),
        "set maxmemory-policy to noeviction, and raise maxmemory");
  }

  void examineClients() {
    ++result_.looked;
    const auto connected = number("connected_clients"), most = number("maxclients");
    if (most == 0 || connected < most - most / 5) return;
    add(FindingSeverity::Warning, "low-limit",
        fmt::format("{} of at most {} clients are connected: it refuses further ones", connected, most),
        "raise maxclients, or find out which programs do not close their connections (CLIENT LIST)");
  }

  void examineSaves() {
    ++result_.looked;
    const bool isSaved = infoValue(info_, "rdb_last_bgsave_status") != "err";
    const bool isWritten =
        infoValue(info_, "aof_last_write_status") != "err" && infoValue(info_, "aof_last_bgrewrite_status") != "err";
    if (isSaved && isWritten) return;
    add(FindingSeverity::Problem, "durability",
        isSaved ? "its last write to the append-only file failed: it refuses pushes, or loses tasks when it stops"
                : "its last snapshot failed: it refuses pushes, or loses tasks when it stops",
        "look into its log; mostly its disk is full, or it may not write its folder");
  }

  void examineCluster() {
    ++result_.looked;
    if (infoValue(info_, "cluster_enabled") != "1") return;
    add(FindingSeverity::Note, "cluster", "it is a node of a Redis Cluster: one queue lies on one node",
        "give several brokers if one node is too slow");
  }

  const std::string_view info_;
  const std::string& where_;
  StoreExamination result_;
};

void readClock(const RedisValue& reply, StoreExamination& examination) {
  if (reply.kind() != RedisValue::Kind::List || reply.size() != 2) return;
  const auto seconds = numberIn(reply[0].text()), microseconds = numberIn(reply[1].text());
  examination.clock = Time(std::chrono::seconds(static_cast<std::int64_t>(seconds)) +
                           Duration(static_cast<std::int64_t>(microseconds)));
}

}  // namespace

StoreExamination examineInfo(std::string_view info, const std::string& where) {
  return InfoExaminer(info, where).examine();
}

Result<StoreExamination> examineServer(RedisConnection& connection) {
  auto server = readServerInfo(connection);
  if (!server) return server.error();
  const auto& clock = systemClock();
  const auto sent = clock.now();
  connection.append({"TIME"});
  connection.append({"INFO"});
  const auto replies = connection.exchange();
  if (!replies) return replies.error();
  const auto received = clock.now();
  StoreExamination examination;
  if (const auto info = replies->at(1).value(); info.kind() == RedisValue::Kind::Text)
    examination = examineInfo(info.text(), connection.address().where());
  constexpr std::size_t kExaminedSettings = 4;  // version, role, eviction, persistence
  examination.looked += kExaminedSettings;
  std::ranges::move(server->findings, std::back_inserter(examination.findings));
  examination.asked = sent + (received - sent) / 2;
  readClock(replies->at(0).value(), examination);
  return examination;
}

}  // namespace leptir::redis
