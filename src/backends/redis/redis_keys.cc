#include "backends/redis/redis_keys.h"

namespace leptir::redis {
namespace {

// Redis uses the text between the first { and the next } as the hash tag, if it is not empty.
bool hasTag(const std::string& key) {
  const auto open = key.find('{');
  const auto close = open == std::string::npos ? open : key.find('}', open);
  return close != std::string::npos && close > open + 1;
}

}  // namespace

RedisKeys::RedisKeys(std::string key) : queue(std::move(key)) {
  const auto prefix = (hasTag(queue) ? queue : "{" + queue + "}") + ":";
  ids = prefix + "ids";
  lease = prefix + "lease";
  leasedPrefix = prefix + "leased:";
  sessions = prefix + "sessions";
  cards = prefix + "cards";
  epochPrefix = prefix + "epoch:";
  cancel = prefix + "cancel";
  buried = prefix + "buried";
  buriedTasks = prefix + "buried:tasks";
  leftToOthersPrefix = prefix + "left:";
  originalScores = prefix + "places";
  firstMember = prefix + "front";
  fleet = prefix + "fleet";
  fleetNames = prefix + "fleet:names";
  fleetEnds = prefix + "fleet:ends";
  fleetVersion = prefix + "fleet:version";
  wake = prefix + "wake";
}

std::string RedisKeys::nameOf(const SessionId& session) {
  return session.instance + ":" + std::to_string(session.epoch);
}

}  // namespace leptir::redis
