// Every failpoint of the sources (src/base/failpoint.h): who comes by there, and what must happen for that.
#pragma once

#include <string>
#include <vector>

namespace leptir::chaos {

enum class Who { Pusher, Dispatcher, Worker, Master };

// What makes somebody come by.
enum class Needs {
  Tasks,         // tasks that run
  ADeath,        // a task whose worker dies
  ABurial,       // a task whose worker dies three times
  ADeadSession,  // an instance that was killed before
  AStop,         // a stop
};

struct Failpoint {
  std::string name;
  Who who = Who::Dispatcher;
  Needs needs = Needs::Tasks;
  int most = 1;  // it is passed at least so often
};

std::vector<Failpoint> allFailpoints();

}  // namespace leptir::chaos
