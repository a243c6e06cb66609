// What `start` starts: one leptir on one machine, a master with its children.
#pragma once

#include "instance/find_instance.h"
#include "leptir/config.h"
#include "leptir/program.h"

namespace leptir::instance {

struct InstanceOptions {
  InstanceFiles files;
  bool daemon = false;
  bool drain = false;
  bool announce = true;  // print the butterfly lines
};

// Runs the instance and answers the exit status of the process when it has ended; as a daemon, as soon as the daemon
// runs or has failed to start. Signals are blocked and the pid file is taken first, so that `stop` and a service
// manager reach an instance that is still starting. Errors in the configuration and of the stores are found before the
// daemon detaches from the terminal. Call it from the only thread. Move the configuration here: workers wipe the
// connections in this object, not in copies of it.
int runInstance(Config config, const InstanceOptions& options, const Program& program);

}  // namespace leptir::instance
