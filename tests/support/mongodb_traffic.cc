#include "tests/support/mongodb_traffic.h"

#include <algorithm>
#include <array>

namespace leptir {

void MongodbTraffic::note(const MongodbMessage& request) {
  const std::lock_guard lock(mutex_);
  received_.emplace_back(request.command(), request.bytes());
}

void MongodbTraffic::forget() {
  const std::lock_guard lock(mutex_);
  received_.clear();
}

std::map<std::string, int> MongodbTraffic::counts() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, int> counts;
  for (const auto& [name, bytes] : received_) ++counts[name];
  return counts;
}

std::vector<Json> MongodbTraffic::received(const std::string& command) const {
  const std::lock_guard lock(mutex_);
  std::vector<Json> commands;
  for (const auto& [name, bytes] : received_)
    if (name == command) commands.push_back(MongodbMessage::parse(bytes).json());
  return commands;
}

bool isOfTheDriver(const std::string& command) {
  static constexpr std::array kNames{"hello", "ping", "saslStart", "saslContinue", "endSessions"};
  return std::find(kNames.begin(), kNames.end(), command) != kNames.end();
}

}  // namespace leptir
