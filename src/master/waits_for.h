// What an instance that is not (or no longer) running waits for, in words for its log and for `status`.
#pragma once

#include <string>
#include <vector>

#include "link/status_board.h"

namespace leptir {

struct InstanceView {
  bool wasReady = false;  // at any time since the start
  bool stopping = false;
  std::vector<std::string> brokersAway;
  bool dispatcherWorks = true;
  bool anyWorkerReady = true;
  int runningTasks = 0;
};

InstanceState stateOf(const InstanceView& view);
// Empty while it runs.
std::string waitsFor(const InstanceView& view);

}  // namespace leptir
