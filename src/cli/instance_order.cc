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

// How to take back an order that the instance has not taken.
std::string howToWithdraw(const OrderCommand& command, const PlacedOrder& order) {
  const bool isWithdrawable = command.order.kind == InstanceOrder::Kind::Stop ||
                              command.order.kind == InstanceOrder::Kind::StopNow ||
                              command.order.kind == InstanceOrder::Kind::Drain;
  return isWithdrawable ? fmt::format("; 'leptir resume --instance={}' withdraws it", order.instance.instance) : "";
}

Json orderJson(const OrderCommand& command) {
  return {{"action", command.command}, {"instance", nullptr}, {"host", nullptr}, {"pid", nullptr}, {"taken", false}};
}

int printPlaced(const OrderCommand& command, const PlacedOrder& order, bool taken) {
  if (command.json) {
    auto json = orderJson(command);
    json.update({{"instance", order.instance.instance},
                 {"host", order.instance.host},
                 {"pid", order.instance.pid},
                 {"taken", taken}});
    if (command.order.kind == InstanceOrder::Kind::Resume) json["withdrawn"] = order.withdrawn;
    std::cout << jsonForOutput(json) << '\n';
  } else {
    for (const auto& name : order.withdrawn)
      printLine("Withdrew the order to {}, which instance {} had not taken.", name, nameOf(order.instance));
    if (taken) printLine("Instance {} {}.", nameOf(order.instance), command.effect);
  }
  if (taken) return base::kExitDone;
  printError("leptir {}: instance {} has not taken the order yet; it stands for an hour at broker {}{}",
             command.command, nameOf(order.instance), order.broker, howToWithdraw(command, order));
  return base::kExitPartlyDone;
}

// As the other actions: the caller of --json gets an object also where nothing matches.
int failOrder(const OrderCommand& command, const Error& error) {
  if (command.json && error.code() != ErrorCode::Invalid) {
    auto json = orderJson(command);
    json["error"] = error.message();
    std::cout << jsonForOutput(json) << '\n';
  }
  return failOperation(command.command, error);
}

}  // namespace

int runOrder(const OrderCommand& command, const Program& program) {
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto instance = operations.findInstance(command.instance);
    if (!instance) return failOrder(command, instance.error());
    const auto placed = operations.order(*instance, command.order);
    if (!placed) return failOrder(command, placed.error());
    return printPlaced(command, *placed, waitUntilTaken(operations, *placed));
  });
}

}  // namespace leptir::cli
