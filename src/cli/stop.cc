// leptir stop
#include <csignal>
#include <iostream>
#include <thread>

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
  void dot() const { std::cout << '.' << std::flush; }
  ~Patience() { std::cout << std::endl; }
};

}  // namespace

int runCommand(const StopCommand& command, const Program&) {
  const auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  const auto places = whereaboutsOf(*config, command.pid);
  if (!places) return fail(places.error());
  if (auto signalled = PidFile::signalHolder(places->pidFile, SIGTERM); !signalled) {
    std::cerr << "Leptir process is not running. Nothing to stop here.\n";
    return signalled.error().code() == ErrorCode::NotFound ? kNotRunning : fail(signalled.error());
  }
  const Patience patience;
  const auto& clock = systemClock();
  const auto until = command.timeout ? clock.bootTime() + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*command.timeout))
                                     : BootTime::max();
  auto dotAt = clock.bootTime() + 1s;
  while (PidFile::holder(places->pidFile)) {
    if (clock.bootTime() >= until) {
      std::cerr << "leptir: it still runs after " << *command.timeout << " s: a task may need longer (see leptir status)\n";
      return kPartlyDone;
    }
    if (clock.bootTime() >= dotAt) {
      patience.dot();
      dotAt += 1s;
    }
    std::this_thread::sleep_for(20ms);
  }
  return kDone;
}

}  // namespace leptir
