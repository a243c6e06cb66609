// What a HUP does to an instance: all of the new configuration, or nothing.
#include <unistd.h>

#include <exception>
#include <sstream>

#include "base/wipe_memory.h"
#include "config/assemble.h"
#include "instance/flight.h"
#include "instance/program_check.h"
#include "instance/store_check.h"

namespace leptir {
namespace {

constexpr int kOk = 0, kConfigurationWrong = 78;

}  // namespace

void Flight::say(LogLevel level, const std::string& message) const {
  const auto prefix = "[" + std::to_string(::getpid()) + "](:MASTER:) ";
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) plan_.logger.log(level, prefix + line);
}

ReloadHooks Flight::reloadHooks() {
  return {.read = [this] { return readAgain(); },
          .check = [this] { return checkAgain(); },
          .prepare = [this] { return prepareNext(); },
          .commit = [this] { commitNext(); }};
}

bool Flight::readAgain() {
  if (plan_.config.file.empty()) {
    say(LogLevel::Info, "There is no configuration file: logs are reopened, and that is all.");
    return false;
  }
  auto read = readConfigText(plan_.config.file);
  if (!read) {
    say(LogLevel::Error, read.error().message() + "\nThe configuration stays as it was.");
    return false;
  }
  read_ = std::move(*read);
  return true;
}

// In a child, so nothing that happens here can hurt.
int Flight::checkAgain() const try {
  const auto refuse = [this](const Error& why) {
    say(LogLevel::Error, why.message());
    return kConfigurationWrong;
  };
  const auto config = configOf(*read_);
  if (!config) return refuse(config.error());
  if (const auto logger = openLogger(*config); !logger) return refuse(logger.error());
  if (const auto fine = checkPrograms(*config, program_); !fine) return refuse(fine.error());
  for (const auto& sentence : unusablePrograms(*config)) say(LogLevel::Warning, sentence);
  const int status = checkStores(*config, [this](const std::string& text) { say(LogLevel::Error, text); });
  return status == kOk ? kOk : kConfigurationWrong;
} catch (const std::exception& error) {
  say(LogLevel::Error, error.what());
  return kConfigurationWrong;
}

std::optional<MasterOptions> Flight::prepareNext() {
  const auto config = configOf(*read_);
  const auto made = config ? makeNext(*config) : Result<void>(config.error());
  if (made) return masterOptions(*next_);
  say(LogLevel::Error, made.error().message() + "\nThe configuration stays as it was.");
  next_.reset();
  return std::nullopt;
}

// Locks and slots that were made for nothing, since something after them failed, do no harm.
Result<void> Flight::makeNext(const Config& config) {
  next_ = std::make_unique<Plan>();
  next_->config = config;
  if (auto raised = descriptorLimit_.raiseFor(config); !raised) return raised;
  auto lines = plan_.lines.with(config.brokers,
                                [this](std::size_t line) { return link_->page().brokers[line].ended.load() != 0; });
  if (!lines) return lines.error();
  next_->lines = std::move(*lines);
  next_->program = programOf(config);
  auto logger = openLogger(config);
  if (!logger) return logger.error();
  next_->logger = std::move(*logger);
  if (auto taken = locks_.take(Stores(config).sessionLockFiles(name_)); !taken) return taken;
  return link_->growTo(config.daemon.numberOfWorkers);
}

void Flight::commitNext() {
  const int before = plan_.config.daemon.numberOfWorkers, now = next_->config.daemon.numberOfWorkers;
  const auto changes = (before == now ? "" : ", " + std::to_string(before) + " → " + std::to_string(now) + " workers") +
                       next_->lines.changesSince(plan_.lines);
  next_->lines.putInto(link_->page());
  const auto losses = plan_.logger.flushWithin(Duration::zero());
  plan_ = std::move(*next_);
  plan_.logger.queueFromNowOn();
  next_.reset();
  wipeFreeMemory();  // of what was parsed, and of the one before
  say(LogLevel::Warning, losses);
  for (const auto& warning : warnings()) say(LogLevel::Warning, warning);
  say(LogLevel::Info, "The configuration is read again: " + plan_.config.file.string() + changes + ".");
}

}  // namespace leptir
