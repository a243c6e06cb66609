// leptir top
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/task_text.h"
#if LEPTIR_HAS_TOP
#include "top/top.h"
#endif

namespace leptir::cli {

#if LEPTIR_HAS_TOP
namespace {

// Operations on a part of the configuration: some of the brokers, or the records alone.
Result<std::shared_ptr<Operations>> openOperations(const Config& config) {
  auto operations = Operations::open(config);
  if (!operations) return operations.error();
  return std::make_shared<Operations>(std::move(*operations));
}

// One for each broker, with a connection of its own: so one that hangs delays no other.
Result<std::vector<top::Source>> openQueues(const Config& config) {
  std::vector<top::Source> sources;
  for (const auto& broker : config.brokers) {
    auto part = config;
    part.brokers = {broker};
    part.metaStorages.clear();
    auto operations = openOperations(part);
    if (!operations) return operations.error();
    sources.push_back({broker.name, std::move(*operations)});
  }
  return sources;
}

Result<top::Sources> openSources(const Config& config) {
  top::Sources sources;
  auto queues = openQueues(config);
  if (!queues) return queues.error();
  sources.queues = std::move(*queues);
  if (!config.metaStorages.empty()) {
    auto part = config;
    part.brokers.clear();
    auto records = openOperations(part);
    if (!records) return records.error();
    sources.records = top::Source{"records", std::move(*records)};
  }
  auto everything = openOperations(config);
  if (!everything) return everything.error();
  sources.everything = std::move(*everything);
  return sources;
}

int exitStatusOf(const top::ScreenExit& ended) {
  if (ended.end == top::End::BySignal) {
    ::signal(ended.signal, SIG_DFL);
    ::raise(ended.signal);
  }
  const int status = ended.end == top::End::TerminalIsGone ? base::kExitPartlyDone : base::kExitDone;
  if (!ended.isWaitingForStore) return status;
  std::fflush(nullptr);
  ::_exit(status);
}

}  // namespace

int runCommand(const TopCommand& command, const Program& program) {
  const auto config = readConfig(command.config, program);
  if (!config) return base::kExitConfigError;
  auto sources = openSources(*config);
  if (!sources) return failStore(sources.error());
  const auto interval = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(command.interval));
  const auto ended = top::run(std::move(*sources), {.interval = interval, .textOfTask = detailsText});
  return ended ? exitStatusOf(*ended) : failOperation("top", ended.error());
}
#else
int runCommand(const TopCommand&, const Program&) {
  printError(
      "leptir top: this leptir was built without ncurses (LEPTIR_TOP=OFF); use 'leptir status --watch', "
      "'leptir queues', 'leptir instances' and 'leptir tasks'");
  return base::kExitUsageError;
}
#endif

}  // namespace leptir::cli
