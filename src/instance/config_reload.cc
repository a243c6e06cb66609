#include "instance/config_reload.h"

#include <exception>
#include <string>
#include <utility>

#include "base/exit_code.h"
#include "base/wipe_memory.h"
#include "config/assemble.h"
#include "instance/error_reporters.h"
#include "instance/master_log.h"
#include "instance/program_check.h"
#include "instance/store_check.h"
#include "instance/tracing.h"

namespace leptir::instance {

master::ReloadHooks ConfigReload::hooks() {
  return {.read = [this] { return read(); },
          .check = [this] { return check(); },
          .prepare = [this] { return prepare(); },
          .resize = [this](int workers) { return resize(workers); },
          .commit = [this] { commit(); }};
}

void ConfigReload::wipeText() {
  if (text_) base::wipe(text_->text);
}

void ConfigReload::log(LogLevel level, const std::string& message) const {
  logAsMaster(current_.logger, level, message);
}

bool ConfigReload::read() {
  if (current_.config.file.empty()) {
    log(LogLevel::Info, "There is no configuration file to read again: only the logs are reopened.");
    return false;
  }
  auto text = config::readConfigText(current_.config.file);
  if (!text) {
    log(LogLevel::Error, text.error().message() + "\nThe configuration stays as it was.");
    return false;
  }
  text_ = std::move(*text);
  return true;
}

// Runs in a child process, so that no failure here can harm the master.
int ConfigReload::check() const try {
  const auto refuse = [this](const Error& why) {
    log(LogLevel::Error, why.message());
    return base::kExitConfigError;
  };
  const auto config = config::configOf(*text_, context_.program.backends, &context_.program.reporters);
  if (!config) return refuse(config.error());
  if (const auto logger = openLogger(*config, context_.options, context_.instance); !logger)
    return refuse(logger.error());
  if (const auto fine = checkPrograms(*config, context_.program); !fine) return refuse(fine.error());
  if (const auto fine = checkTracing(*config); !fine) return refuse(fine.error());
  for (const auto& sentence : unusablePrograms(*config)) log(LogLevel::Warning, sentence);
  const int status = checkStores(*config, [this](const std::string& text) { log(LogLevel::Error, text); });
  return status == base::kExitDone ? base::kExitDone : base::kExitConfigError;
} catch (const std::exception& error) {
  log(LogLevel::Error, error.what());
  return base::kExitConfigError;
}

std::optional<master::MasterOptions> ConfigReload::prepare() {
  const auto config = config::configOf(*text_, context_.program.backends, &context_.program.reporters);
  const auto made = config ? buildNext(*config) : Result<void>(config.error());
  if (made) return masterOptionsOf(*next_);
  log(LogLevel::Error, made.error().message() + "\nThe configuration stays as it was.");
  next_.reset();
  return std::nullopt;
}

// Session locks and slots that were made before a later step failed stay, without harm.
Result<void> ConfigReload::buildNext(const Config& config) {
  auto& link = context_.link;
  next_ = std::make_unique<LoadedConfig>();
  next_->config = config;
  if (auto raised = context_.descriptorLimit.raiseFor(config); !raised) return raised;
  auto brokers = current_.brokers.with(
      config.brokers, [&link](std::size_t line) { return link.page().brokers[line].ended.load() != 0; });
  if (!brokers) return brokers.error();
  next_->brokers = std::move(*brokers);
  next_->program = programWith(config, context_.program, context_.instance);
  auto logger = openLogger(config, context_.options, context_.instance);
  if (!logger) return logger.error();
  next_->logger = std::move(*logger);
  const auto lockFiles = config::Stores(config).sessionLockFiles(context_.instance);
  if (auto taken = context_.sessionLocks.take(lockFiles); !taken) return taken;
  if (auto made = addReportSlotIfNeeded(link, config); !made) return made;
  return link.growTo(config.daemon.numberOfWorkers);
}

std::optional<master::MasterOptions> ConfigReload::resize(int workers) {
  auto& number = current_.config.daemon.numberOfWorkers;
  if (number == workers) {
    log(LogLevel::Info, "The number of workers is " + std::to_string(workers) + " already.");
    return std::nullopt;
  }
  const int before = std::exchange(number, workers);
  auto made = context_.descriptorLimit.raiseFor(current_.config);
  if (made) made = context_.link.growTo(workers);
  if (!made) {
    number = before;
    log(LogLevel::Error, made.error().message() + "\nThe number of workers stays at " + std::to_string(before) + ".");
    return std::nullopt;
  }
  log(LogLevel::Info, std::to_string(before) + " → " + std::to_string(workers) +
                          " workers until the next reload or start, which read the number in the configuration.");
  return masterOptionsOf(current_);
}

void ConfigReload::commit() {
  const int before = current_.config.daemon.numberOfWorkers, now = next_->config.daemon.numberOfWorkers;
  const auto changes = (before == now ? "" : ", " + std::to_string(before) + " → " + std::to_string(now) + " workers") +
                       next_->brokers.changesSince(current_.brokers);
  next_->brokers.updateSharedPage(context_.link.page());
  const auto losses = current_.logger.flushWithin(Duration::zero());
  current_ = std::move(*next_);
  current_.logger.queueFromNowOn();
  next_.reset();
  base::wipeFreeMemory();  // of the parsed text and of the old configuration, which may hold passwords
  log(LogLevel::Warning, losses);
  for (const auto& warning : warningsAbout(current_.config, context_.options)) log(LogLevel::Warning, warning);
  log(LogLevel::Info, "The configuration is read again: " + current_.config.file.string() + changes + ".");
}

}  // namespace leptir::instance
