// The list of all failpoints in the sources (src/base/failpoint.h): which process passes each, and what must happen for
// that.
#pragma once

#include <string>
#include <vector>

namespace leptir::chaos {

enum class FailpointProcess { Pusher, Dispatcher, Worker, Master };

// What must happen so that a process passes the failpoint.
enum class FailpointCondition {
  Tasks,         // tasks that run
  ADeath,        // a task whose worker dies
  ABurial,       // a task that fails, is released, fails again and is buried
  ADeadSession,  // an instance that was killed before
  AnOrder,       // an order of an operator to the instance
  AStop,         // a stop
};

struct Failpoint {
  std::string name;
  FailpointProcess who = FailpointProcess::Dispatcher;
  FailpointCondition needs = FailpointCondition::Tasks;
  int most = 1;  // the failpoint is passed at least this often
};

std::vector<Failpoint> allFailpoints();

}  // namespace leptir::chaos
