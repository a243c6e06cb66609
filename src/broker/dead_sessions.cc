#include "broker/dead_sessions.h"

namespace leptir::broker {
namespace {

constexpr std::size_t kRecoveredAtOnce = 1000;

}  // namespace

Result<RecoveredTasks> recoverDeadSessions(SimpleBroker& broker,
                                           const std::function<void(const std::string&)>& report) {
  const auto count = broker.recoverExpired(kRecoveredAtOnce);
  for (const auto& notice : broker.takeNotices()) report(notice);
  if (!count) return count.error();
  return RecoveredTasks{.count = *count, .mayBeMore = *count == kRecoveredAtOnce};
}

}  // namespace leptir::broker
