#include "broker/dead_sessions.h"

namespace leptir::broker {
namespace {

constexpr std::size_t kMaxRecoveredPerCall = 1000;

}  // namespace

Result<RecoveredTasks> recoverDeadSessions(SimpleBroker& broker,
                                           const std::function<void(const std::string&)>& report) {
  const auto count = broker.recoverExpired(kMaxRecoveredPerCall);
  for (const auto& notice : broker.takeNotices()) report(notice);
  if (!count) return count.error();
  return RecoveredTasks{.count = *count, .mayBeMore = *count == kMaxRecoveredPerCall};
}

}  // namespace leptir::broker
