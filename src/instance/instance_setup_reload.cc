// The reload at a HUP: all of the new configuration takes effect, or none of it.
#include <unistd.h>

#include <exception>
#include <sstream>

#include "base/exit_code.h"
#include "base/wipe_memory.h"
#include "config/assemble.h"
#include "instance/instance_setup.h"
#include "instance/program_check.h"
#include "instance/store_check.h"

namespace leptir::instance {
namespace {}  // namespace

void InstanceSetup::say(LogLevel level, const std::string& message) const {
  const auto prefix = "[" + std::to_string(::getpid()) + "](:MASTER:) ";
  std::istringstream input(message);
  for (std::string text; std::getline(input, text);) current_.logger.log(level, prefix + text);
}

master::ReloadHooks InstanceSetup::reloadHooks() {
  return {.read = [this] { return readNewConfig(); },
          .check = [this] { return checkNewConfig(); },
          .prepare = [this] { return prepareNext(); },
          .commit = [this] { commitNext(); }};
}

bool InstanceSetup::readNewConfig() {
  if (current_.config.file.empty()) {
    say(LogLevel::Info, "There is no configuration file to read again: only the logs are reopened.");
    return false;
  }
  auto read = config::readConfigText(current_.config.file);
  if (!read) {
    say(LogLevel::Error, read.error().message() + "\nThe configuration stays as it was.");
    return false;
  }
  newText_ = std::move(*read);
  return true;
}

// Runs in a child process, so that no failure here can harm the master.
int InstanceSetup::checkNewConfig() const try {
  const auto refuse = [this](const Error& why) {
    say(LogLevel::Error, why.message());
    return base::kExitConfigError;
  };
  const auto config = config::configOf(*newText_, program_.backends);
  if (!config) return refuse(config.error());
  if (const auto logger = openLogger(*config); !logger) return refuse(logger.error());
  if (const auto fine = checkPrograms(*config, program_); !fine) return refuse(fine.error());
  for (const auto& sentence : unusablePrograms(*config)) say(LogLevel::Warning, sentence);
  const int status = checkStores(*config, [this](const std::string& text) { say(LogLevel::Error, text); });
  return status == base::kExitDone ? base::kExitDone : base::kExitConfigError;
} catch (const std::exception& error) {
  say(LogLevel::Error, error.what());
  return base::kExitConfigError;
}

std::optional<master::MasterOptions> InstanceSetup::prepareNext() {
  const auto config = config::configOf(*newText_, program_.backends);
  const auto made = config ? buildNext(*config) : Result<void>(config.error());
  if (made) return masterOptions(*next_);
  say(LogLevel::Error, made.error().message() + "\nThe configuration stays as it was.");
  next_.reset();
  return std::nullopt;
}

// Session locks and slots that were made before a later step failed stay, without harm.
Result<void> InstanceSetup::buildNext(const Config& config) {
  next_ = std::make_unique<LoadedConfig>();
  next_->config = config;
  if (auto raised = descriptorLimit_.raiseFor(config); !raised) return raised;
  auto lines = current_.lines.with(config.brokers,
                                   [this](std::size_t line) { return link_->page().brokers[line].ended.load() != 0; });
  if (!lines) return lines.error();
  next_->lines = std::move(*lines);
  next_->program = programOf(config);
  auto logger = openLogger(config);
  if (!logger) return logger.error();
  next_->logger = std::move(*logger);
  if (auto taken = locks_.take(config::Stores(config).sessionLockFiles(name_)); !taken) return taken;
  return link_->growTo(config.daemon.numberOfWorkers);
}

void InstanceSetup::commitNext() {
  const int before = current_.config.daemon.numberOfWorkers, now = next_->config.daemon.numberOfWorkers;
  const auto changes = (before == now ? "" : ", " + std::to_string(before) + " → " + std::to_string(now) + " workers") +
                       next_->lines.changesSince(current_.lines);
  next_->lines.putInto(link_->page());
  const auto losses = current_.logger.flushWithin(Duration::zero());
  current_ = std::move(*next_);
  current_.logger.queueFromNowOn();
  next_.reset();
  base::wipeFreeMemory();  // of the parsed text and of the old configuration, which may hold passwords
  say(LogLevel::Warning, losses);
  for (const auto& warning : warnings()) say(LogLevel::Warning, warning);
  say(LogLevel::Info, "The configuration is read again: " + current_.config.file.string() + changes + ".");
}

}  // namespace leptir::instance
