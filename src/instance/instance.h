// What `start` starts: one leptir on one machine, a master with its children.
#pragma once

#include "instance/find_instance.h"
#include "leptir/config.h"
#include "leptir/run_main.h"

namespace leptir {

struct InstanceOptions {
  InstanceFiles files;
  bool daemon = false;
  bool drain = false;
  bool announce = true;  // the butterfly lines
};

// Runs the instance and answers the process's exit status when it has ended; as a daemon, once the daemon flies (or
// could not take off). Signals are blocked and the pid file is taken first, so that `stop` and a service manager reach
// an instance that is still starting. Everything that can be wrong with the configuration and the stores is found
// before the daemon lets go of the terminal. Call it from the only thread. Move the configuration here: workers wipe
// the connections in this one, not in copies.
int runInstance(Config config, const InstanceOptions& options, const Program& program);

}  // namespace leptir
