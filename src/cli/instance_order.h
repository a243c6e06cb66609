// Orders to instances on any machine, as commands.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "leptir/operations.h"
#include "leptir/run_main.h"

namespace leptir::cli {

struct OrderCommand {
  std::string_view command{};  // "stop", "drain", …
  std::filesystem::path config{};
  std::string instance{};
  InstanceOrder order{};
  std::string_view effect{};  // "stops when its running tasks have ended"
  // Of an order to resume, where the instance had not been drained.
  std::string_view effectIfNotDrained{};
  bool json = false;
};

// Places the order, and waits a few seconds until the instance has taken it; for a reload, also until that has ended.
// Returns the exit status: 1 when the instance has not taken it by then, 4 when there is no such instance, 78 when it
// refuses its new configuration.
int runOrder(const OrderCommand& command, const Program& program);

}  // namespace leptir::cli
