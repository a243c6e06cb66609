// leptir reload
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <optional>
#include <random>
#include <thread>

#include "base/host_name.h"
#include "cli/commands.h"
#include "cli/instance_files.h"
#include "cli/instance_order.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/reload_end.h"
#include "config/assemble.h"
#include "fleet/audit.h"
#include "leptir/operations.h"

namespace leptir::cli {
namespace {

int reloadByOrder(const ReloadCommand& command, const Program& program) {
  return runOrder({.command = "reload",
                   .config = command.config,
                   .instance = command.instance,
                   .order = {.kind = InstanceOrder::Kind::Reload},
                   .effect = "reads its configuration again; its log says what has changed",
                   .json = command.json},
                  program);
}

constexpr auto kBoardPollInterval = std::chrono::milliseconds(50);

// None: the instance has ended, or its board cannot be read.
std::optional<link::BoardInstance> readBoard(const instance::InstanceFiles& files) {
  auto found = link::StatusBoard::read(files.boardFile, systemClock());
  return found ? std::optional(*std::move(found)) : std::nullopt;
}

// How the reload of this instance ended that began after `before`; none: it is not known, or not yet.
std::optional<link::ReloadEnd> waitForEnd(const instance::InstanceFiles& files, const link::BoardInstance& before) {
  const auto end = std::chrono::steady_clock::now() + kMaxReloadTime;
  while (std::chrono::steady_clock::now() < end) {
    const auto now = readBoard(files);
    if (!now || now->session != before.session) return std::nullopt;
    if (now->reloads.answered > before.reloads.requested) return now->reloads.end;
    std::this_thread::sleep_for(kBoardPollInterval);
  }
  return std::nullopt;
}

// One store is enough. The audit trail of a store that cannot be opened here gets no entry.
void addToAuditTrail(const link::BoardInstance& instance, const Program& program) {
  const auto config = loadConfig(instance.configuration, program.backends);
  if (!config) return;
  auto queues = config::Stores(*config).openBroker(BrokerUse::Inspect);
  if (!queues) return;
  const fleet::AuditEntry entry{
      .at = systemClock().now(),
      .by = nameOfOperator(),
      .action = "reload",
      .on = fmt::format("instance {} ({}:{})", instance.session, base::hostName(), instance.pid),
      .changed = 1,
      .outcome = {}};
  for (std::size_t i = 0; i < queues->size(); ++i) {
    const auto store = queues->access(i);
    auto* trail = store ? (*store)->fleet() : nullptr;
    const auto key = fleet::keyOf(entry, std::random_device()());
    if (trail != nullptr && trail->put(key, fleet::textOf(entry), fleet::kAuditLifetime)) return;
  }
}

int printEnd(const std::string& instance, const std::optional<link::ReloadEnd>& end) {
  if (end == link::ReloadEnd::Refused) return failReload(instance);
  if (end) {
    printLine("The {} {}.", instance, kHasReloaded);
    return base::kExitDone;
  }
  printError("leptir reload: how the reload of the {} ends is not known yet; its log will say it", instance);
  return base::kExitPartlyDone;
}

}  // namespace

int failReload(const std::string& instance) {
  printError(
      "leptir reload: the {} refuses the new configuration and goes on with the present one. Its log says why; so does "
      "leptir check.",
      instance);
  return base::kExitConfigError;
}

int runCommand(const ReloadCommand& command, const Program& program) {
  if (!command.instance.empty()) return reloadByOrder(command, program);
  const auto asked = filesOfRunningInstance(command.config, command.pid);
  if (!asked) return fail(asked.error());
  const auto files = instance::runningInstanceFiles(*asked);
  const auto master = runningMasterOf(files);
  if (!master) return fail(master.error());
  if (!*master) return printNotRunning("reload", command.config, program);
  const auto before = readBoard(files);
  if (auto signalled = (*master)->signal(SIGHUP); !signalled) return fail(signalled.error());
  const auto instance = fmt::format("instance (pid {})", (*master)->pid());
  if (before && before->configuration.empty()) {
    printLine("The {} has no configuration file to read again; it has reopened its logs.", instance);
    return base::kExitDone;
  }
  const auto end = before ? waitForEnd(files, *before) : std::nullopt;
  if (end == link::ReloadEnd::Applied) addToAuditTrail(*before, program);
  return printEnd(instance, end);
}

}  // namespace leptir::cli
