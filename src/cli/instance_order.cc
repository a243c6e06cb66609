#include "cli/instance_order.h"

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

#include "base/exit_code.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/reload_end.h"
#include "cli/report_error.h"

namespace leptir::cli {
namespace {

constexpr auto kMaxWaitForInstance = std::chrono::seconds(5);
constexpr auto kInstancePollInterval = std::chrono::milliseconds(100);

// An error of one try counts as "not yet": the order stands.
bool waitUntilTaken(Operations& operations, const PlacedOrder& order) {
  const auto end = std::chrono::steady_clock::now() + kMaxWaitForInstance;
  while (std::chrono::steady_clock::now() < end) {
    if (const auto taken = operations.isTaken(order); taken && *taken) return true;
    std::this_thread::sleep_for(kInstancePollInterval);
  }
  return false;
}

// nullopt: the instance does not report its reloads, or this one did not end within kMaxReloadTime.
std::optional<InstanceView::Reloads> waitForReload(Operations& operations, const InstanceView& before) {
  if (!before.reloads) return std::nullopt;
  const auto end = std::chrono::steady_clock::now() + kMaxReloadTime;
  while (std::chrono::steady_clock::now() < end) {
    const auto now = operations.findInstance(before.instance);
    if (now && now->reloads && now->reloads->answered > before.reloads->requested) return now->reloads;
    std::this_thread::sleep_for(kInstancePollInterval);
  }
  return std::nullopt;
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

std::string_view effectOf(const OrderCommand& command, const InstanceView& before) {
  const bool isIdle = before.hasCard && !before.drained && !command.effectIfNotDrained.empty();
  return isIdle ? command.effectIfNotDrained : command.effect;
}

int printPlaced(const OrderCommand& command, const PlacedOrder& order, bool taken,
                const std::optional<InstanceView::Reloads>& reloaded) {
  const bool isRefused = reloaded && reloaded->refused;
  if (command.json) {
    auto json = orderJson(command);
    json.update({{"instance", order.instance.instance},
                 {"host", order.instance.host},
                 {"pid", order.instance.pid},
                 {"taken", taken}});
    if (command.order.kind == InstanceOrder::Kind::Resume) json["withdrawn"] = order.withdrawn;
    if (command.order.kind == InstanceOrder::Kind::Reload) json["reloaded"] = reloaded ? Json(!isRefused) : Json();
    std::cout << jsonForOutput(json) << '\n';
  } else {
    for (const auto& name : order.withdrawn)
      printLine("Withdrew the order to {}, which instance {} had not taken.", name, nameOf(order.instance));
    if (taken && !isRefused)
      printLine("Instance {} {}.", nameOf(order.instance), reloaded ? kHasReloaded : effectOf(command, order.instance));
  }
  if (isRefused) return failReload("instance " + nameOf(order.instance));
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
    const bool isTaken = waitUntilTaken(operations, *placed);
    const bool isReload = command.order.kind == InstanceOrder::Kind::Reload;
    const auto reloaded = isTaken && isReload ? waitForReload(operations, *instance) : std::nullopt;
    return printPlaced(command, *placed, isTaken, reloaded);
  });
}

}  // namespace leptir::cli
