// leptir stop
#include <algorithm>
#include <csignal>
#include <iostream>

#include "base/saturated.h"
#include "cli/commands.h"
#include "cli/whereabouts.h"
#include "master/pid_file.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// The seed's words and dots.
class Patience {
 public:
  Patience() {
    std::cout << "Stopping a little butterfly. You'll have to wait for all the tasks to finish though.\n" << std::flush;
  }
  ~Patience() { std::cout << std::endl; }
};

int wait(const HoldingProcess& process, std::optional<double> timeout) {
  auto left = timeout ? durationFromSeconds(*timeout) : Duration::max();
  while (!process.waitUntilGone(std::min<Duration>(left, 1s))) {
    left -= std::min<Duration>(left, 1s);
    if (left <= Duration::zero()) {
      std::cerr << "leptir: it still runs after " << *timeout << " s: a task may need longer (see leptir status)\n";
      return kPartlyDone;
    }
    std::cout << '.' << std::flush;
  }
  return kDone;
}

}  // namespace

int runCommand(const StopCommand& command, const Program&) {
  const auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  const auto places = whereaboutsOf(*config, command.pid);
  if (!places) return fail(places.error());
  const auto process = HoldingProcess::find(places->pidFile);
  if (!process) return fail(process.error());
  if (!*process) {
    std::cerr << "Leptir process is not running. Nothing to stop here.\n";
    return kNotRunning;
  }
  if (auto signalled = (*process)->signal(SIGTERM); !signalled) return fail(signalled.error());
  const Patience patience;
  return wait(**process, command.timeout);
}

}  // namespace leptir
