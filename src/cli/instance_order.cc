#include "cli/instance_order.h"

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "base/exit_code.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/report_error.h"

namespace leptir::cli {
namespace {

constexpr auto kLongestWait = std::chrono::seconds(5);
constexpr auto kBetweenLooks = std::chrono::milliseconds(100);

// An error of a look counts as "not yet": the order stands.
bool waitUntilTaken(Operations& operations, const PlacedOrder& order) {
  const auto end = std::chrono::steady_clock::now() + kLongestWait;
  while (std::chrono::steady_clock::now() < end) {
    if (const auto taken = operations.isTaken(order); taken && *taken) return true;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return false;
}

std::string nameOf(const InstanceView& instance) {
  return fmt::format("{} ({}:{})", instance.instance, instance.host, instance.pid);
}

int printPlaced(const OrderCommand& command, const PlacedOrder& order, bool taken) {
  if (command.json) {
    std::cout << jsonForOutput({{"action", command.command},
                                {"instance", order.instance.instance},
                                {"host", order.instance.host},
                                {"pid", order.instance.pid},
                                {"taken", taken}})
              << '\n';
  } else if (taken) {
    printLine("Instance {} {}.", nameOf(order.instance), command.effect);
  }
  if (taken) return base::kExitDone;
  printError("leptir {}: instance {} has not taken the order yet; it stands for an hour at broker {}", command.command,
             nameOf(order.instance), order.broker);
  return base::kExitPartlyDone;
}

}  // namespace

int runOrder(const OrderCommand& command, const Program& program) {
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto instance = operations.findInstance(command.instance);
    if (!instance) return failOperation(command.command, instance.error());
    const auto placed = operations.order(*instance, command.order);
    if (!placed) return failOperation(command.command, placed.error());
    return printPlaced(command, *placed, waitUntilTaken(operations, *placed));
  });
}

}  // namespace leptir::cli
