// Recovers the tasks of dead instances: feeders do it from time to time, `leptir cancel` before it looks for a holder.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "leptir/spi/simple_broker.h"

namespace leptir::broker {

struct RecoveredTasks {
  std::size_t count = 0;
  bool mayBeMore = false;  // the next call may recover further tasks at once
};

// Claims expired sessions, and puts at most 1000 of their tasks back into the queue, so that a caller with other work
// does not wait long. `report` gets the notices of the store (SimpleBroker::takeNotices), also after an error.
Result<RecoveredTasks> recoverDeadSessions(SimpleBroker& broker, const std::function<void(const std::string&)>& report);

}  // namespace leptir::broker
