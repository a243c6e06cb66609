// What an instance waits for while it starts, stops or is not ready, as text for its log and for `status`.
#pragma once

#include <string>
#include <vector>

#include "link/status_board.h"

namespace leptir::master {

struct InstanceView {
  bool hasBeenReady = false;  // whether it was ready at any time since its start
  bool stopping = false;
  std::vector<std::string> brokersWithoutSession;
  bool dispatcherWorks = true;
  bool anyWorkerReady = true;
  bool drained = false;  // an order says that no task begins
  int runningTasks = 0;
};

link::InstanceState stateOf(const InstanceView& view);
// Empty while the instance is ready.
std::string waitsFor(const InstanceView& view);

}  // namespace leptir::master
