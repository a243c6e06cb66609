#include "instance/instance_setup.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>

#include "base/error_text.h"
#include "base/exit_code.h"
#include "base/host_name.h"
#include "base/instance_mark.h"
#include "base/nonblocking_output.h"
#include "base/task_id.h"
#include "base/wipe_memory.h"
#include "config/assemble.h"
#include "dispatcher/dispatcher.h"
#include "instance/error_reporters.h"
#include "instance/file_keeper.h"
#include "instance/master_log.h"
#include "instance/metrics_server.h"
#include "instance/predecessor.h"
#include "instance/program_check.h"
#include "instance/secret_variables.h"
#include "instance/terminal_output.h"
#include "instance/tracing.h"
#include "leptir/version.h"
#include "link/stderr_forwarder.h"
#include "master/master.h"
#include "worker/worker.h"

namespace leptir::instance {
namespace {

// A lack of space, memory or descriptors passes, and the start may be tried again; a wrong configuration stays wrong.
int reportStartError(const Error& error) {
  return reportError(error, error.code() == ErrorCode::Unavailable ? base::kExitPartlyDone : base::kExitConfigError);
}

// How long sessions last in tests, which cannot wait a minute for one to expire. Zero: not set.
Duration leaseForTests() {
  const char* const seconds = std::getenv("LEPTIR_TEST_LEASE");
  return seconds == nullptr ? Duration(0) : std::chrono::seconds(std::atoi(seconds));
}

template <class Store>
std::string nameAndType(const Store& store) {
  return store.name == store.type ? store.name : store.name + " (" + store.type + ")";
}

// Whether the instance runs in the background or in a container, rather than before a user's eyes.
bool runsUnattended(const InstanceOptions& options) {
  return options.daemon || std::getenv("NOTIFY_SOCKET") != nullptr || ::getpid() == 1;
}

int exitStatusOf(link::InstanceEnd end) {
  switch (end) {
    case link::InstanceEnd::Stopped:
    case link::InstanceEnd::DrainedEmpty:
      return base::kExitDone;
    case link::InstanceEnd::StoreUnusable:
      return base::kExitStoreUnusable;
    default:
      return base::kExitPartlyDone;
  }
}

}  // namespace

InstanceSetup::InstanceSetup(Config& config, const InstanceOptions& options, const Program& program,
                             InstanceLocks& files)
    : configFromCaller_(config), options_(options), program_(program), name_(base::makeInstanceName()), files_(files) {
  current_.brokers = BrokerTable(config.brokers);
  current_.config = config;
}

int InstanceSetup::prepare() {
  using Step = int (InstanceSetup::*)();
  constexpr Step kSteps[] = {&InstanceSetup::startLog, &InstanceSetup::raiseDescriptorLimit,
                             &InstanceSetup::markProcesses, &InstanceSetup::makeLink, &InstanceSetup::makeStatusBoard};
  for (const auto step : kSteps) {
    if (const int status = (this->*step)(); status != base::kExitDone) return status;
  }
  return base::kExitDone;
}

int InstanceSetup::startLog() {
  auto logger = openLogger(current_.config, options_, name_);
  if (!logger) return reportStartError(logger.error());
  current_.logger = std::move(*logger);
  current_.program = programWith(current_.config, program_, name_);
  logStart();
  for (const auto& sentence : unusablePrograms(current_.config)) current_.logger.warning(sentence);
  return base::kExitDone;
}

int InstanceSetup::raiseDescriptorLimit() {
  const auto raised = descriptorLimit_.raiseFor(current_.config);
  return raised ? base::kExitDone : reportError(raised.error(), base::kExitConfigError);
}

int InstanceSetup::markProcesses() {
  if (auto marked = base::setInstanceMark(name_); !marked) return reportError(marked.error(), base::kExitPartlyDone);
  auto sign = base::setMasterMark(name_);
  if (!sign) return reportError(sign.error(), base::kExitPartlyDone);
  masterMark_ = std::move(*sign);
  return base::kExitDone;
}

int InstanceSetup::makeLink() {
  auto link = link::Link::create(current_.config.daemon.numberOfWorkers);
  if (!link) return reportError(link.error(), base::kExitPartlyDone);
  link_ = std::move(*link);
  if (auto made = addReportSlotIfNeeded(*link_, current_.config); !made)
    return reportError(made.error(), base::kExitPartlyDone);
  if (const auto lease = leaseForTests(); lease > Duration(0)) {
    link_->page().leaseTimes.lease = lease;
    current_.logger.warning("LEPTIR_TEST_LEASE: sessions expire after " +
                            std::to_string(lease / std::chrono::seconds(1)) + " s");
  }
  return base::kExitDone;
}

// The predecessor's board file names the killed instance; it is read before this instance replaces that file.
int InstanceSetup::makeStatusBoard() {
  predecessor_ = cleanUpPredecessor(options_.files.boardFile, current_.logger);
  auto board =
      link::StatusBoard::create(options_.files.boardFile, name_, current_.config.daemon.numberOfWorkers, systemClock());
  if (!board) return reportStartError(board.error());
  board_ = std::move(*board);
  board_->setMaster(::getpid());
  if (!current_.config.file.empty()) board_->setConfiguration(std::filesystem::absolute(current_.config.file).string());
  board_->setState(link::InstanceState::Starting, "its stores to be checked");
  return base::kExitDone;
}

std::vector<std::string> InstanceSetup::warnings() const {
  auto warnings = warningsAbout(current_.config, options_);
  if (::geteuid() == 0 && runsUnattended(options_))
    warnings.emplace_back(
        "runs as root, and so does every task: give the service a user of its own (leptir install --user=NAME)");
  return warnings;
}

int InstanceSetup::takeSessionLocks() {
  const auto taken = sessionLocks_.take(config::Stores(current_.config).sessionLockFiles(name_));
  if (taken) return base::kExitDone;
  return reportError(taken.error(),
                     taken.error().code() == ErrorCode::Invalid ? base::kExitStoreUnusable : base::kExitPartlyDone);
}

void InstanceSetup::undoPrepare() {
  if (board_) board_->remove();
}

void InstanceSetup::logStart() const {
  std::string brokers, storages, reporters;
  for (const auto& broker : current_.config.brokers) brokers += (brokers.empty() ? "" : ", ") + nameAndType(broker);
  for (const auto& storage : current_.config.metaStorages)
    storages += (storages.empty() ? "" : ", ") + nameAndType(storage);
  for (const auto& reporter : current_.config.errorReporters)
    reporters += (reporters.empty() ? "" : ", ") + reporter.name;
  const auto& file = current_.config.file;
  logAsMaster(current_.logger, LogLevel::Info,
              "leptir " + std::string(kVersion) + " starts: pid " + std::to_string(::getpid()) + ", configuration " +
                  (file.empty() ? "none" : std::filesystem::absolute(file).string()) + ", brokers: " + brokers +
                  ", records: " + (storages.empty() ? "none" : storages) +
                  (reporters.empty() ? "" : ", error reporters: " + reporters) + ", " +
                  std::to_string(current_.config.daemon.numberOfWorkers) + " workers.");
  for (const auto& warning : warnings()) logAsMaster(current_.logger, LogLevel::Warning, warning);
}

int InstanceSetup::run(const std::function<void()>& closeInChild) {
  const int masterPid = ::getpid();
  current_.logger.queueFromNowOn();
  FileKeeper files(files_, *board_, options_.files.boardFile, sessionLocks_);
  reload_.emplace(current_, ConfigReload::Context{.instance = name_,
                                                  .options = options_,
                                                  .program = program_,
                                                  .descriptorLimit = descriptorLimit_,
                                                  .sessionLocks = sessionLocks_,
                                                  .link = *link_});
  const auto leaveMaster = [this, &closeInChild] {
    closeInChild();
    board_->closeInChild();
    masterMark_ = base::UniqueFd();
  };
  const master::ChildMains children{.dispatcher =
                                        [&] {
                                          leaveMaster();
                                          return dispatch(masterPid);
                                        },
                                    .worker =
                                        [&](int slot) {
                                          leaveMaster();
                                          return work(slot, masterPid);
                                        },
                                    .metricsServer =
                                        [&](master::Beats& beats) {
                                          leaveMaster();
                                          return serveMetrics(beats);
                                        }};
  master::Master master(
      masterOptionsOf(current_), *link_, *board_, current_.logger, systemClock(), children,
      [this] { (void)current_.logger.reopen(); }, reload_->hooks(), [this, &files] { files.restore(current_.logger); });
  const auto end = master.run();
  link::forwardStderr(*link_, base::NonBlockingOutput(STDERR_FILENO));
  flushLog();
  board_->remove();
  if (end == link::InstanceEnd::Stopped || end == link::InstanceEnd::DrainedEmpty ||
      end == link::InstanceEnd::DrainedExceptUnknown)
    sessionLocks_.remove();
  return exitStatusOf(end);
}

// Writes the last lines of the log. What cannot be written any more is reported on stderr.
void InstanceSetup::flushLog() {
  constexpr Duration kLastLinesTimeout = std::chrono::seconds(1);
  auto losses = current_.logger.flushWithin(kLastLinesTimeout);
  if (losses.empty()) return;
  losses.pop_back();  // the line end, which commandErrorText adds
  (void)base::NonBlockingOutput(STDERR_FILENO).write(base::commandErrorText(losses));
}

// --- what the child processes run

int InstanceSetup::dispatch(int masterPid) {
  current_.logger.setSource(name_, "dispatcher");
  current_.logger.queueFromNowOn();
  const auto& daemon = current_.config.daemon;
  dispatcher::DispatcherOptions options;
  options.instance = name_;
  options.predecessor = predecessor_;
  options.info = {
      .host = base::hostName(), .pid = masterPid, .version = std::string(kVersion), .workers = daemon.numberOfWorkers};
  options.masterPid = masterPid;
  for (auto& name : current_.program.tasks.names()) options.names.insert(std::move(name));
  options.rules = current_.config.rules;
  options.reporters = reporterSettingsOf(current_.config);
  options.tracing = tracingSettingsOf(current_.config);
  options.taskExecutionTime = daemon.taskExecutionTime;
  options.emptyQueueSleepTime = daemon.emptyQueueSleepTime;
  options.workersActiveSleepTime = daemon.workersActiveSleepTime;
  options.drain = options_.drain;
  options.reopenLogs = [this] { (void)current_.logger.reopen(); };
  config::Stores stores(configWithAllBrokers(current_));
  auto brokers = stores.brokerFactories();
  for (std::size_t i = 0; i < brokers.size(); ++i) brokers[i].detaching = current_.brokers.entries()[i].detaching;
  return dispatcher::runDispatcher(options, *link_, *board_, brokers, stores.metaStorageFactories(), current_.logger,
                                   systemClock());
}

// A worker opens no store, and the user code that it runs must not find the passwords of stores. Tasks must not find
// the keys of the services to which errors are reported, either.
void InstanceSetup::wipeSecrets(WorkerRuns runs) {
  const auto wipeStores = [](auto& stores) {
    for (auto& store : stores) {
      wipeVariablesOf(store.connection);
      base::wipe(store.connection);
    }
  };
  const auto wipeConfig = [&](Config& config) {
    wipeStores(config.brokers);
    wipeStores(config.metaStorages);
    wipeTracingSecrets(config);
    if (runs == WorkerRuns::Tasks) wipeReporterOptions(config);
  };
  wipeConfig(configFromCaller_);
  for (auto* loaded : {&current_, reload_->next()}) {
    if (loaded == nullptr) continue;
    wipeConfig(loaded->config);
    for (const auto& broker : loaded->brokers.brokers()) wipeVariablesOf(broker.connection);
    loaded->brokers.wipeConnections();
  }
  reload_->wipeText();
  base::wipeFreeMemory();
}

int InstanceSetup::work(int slot, int masterPid) {
  const bool runsReports = slot == link::kReportSlot;
  const auto traceSettings = runsReports ? task::TraceSettings() : workerTraceSettingsOf(current_.config);
  auto program = runsReports ? errorReportProgram(current_.config, program_) : std::move(current_.program);
  wipeSecrets(runsReports ? WorkerRuns::ErrorReports : WorkerRuns::Tasks);
  sessionLocks_.closeInForkedChildren();
  current_.logger.setSource(name_, runsReports ? "error report worker" : "worker " + std::to_string(slot));
  current_.logger.unshareStreams();
  descriptorLimit_.restore();
  ::setenv("LEPTIR_SESSION", name_.c_str(), 1);  // for programs that tasks start
  worker::WorkerOptions options;
  options.slot = slot;
  options.masterPid = masterPid;
  options.rules = runsReports ? nullptr : &current_.config.rules;
  options.maxTasks = current_.config.daemon.maxTasksPerWorker;
  options.maxMemory = current_.config.daemon.maxMemoryPerWorker;
  options.traceSettings = traceSettings;
  options.reopenLogs = [this] { (void)current_.logger.reopen(); };
  return worker::runWorker(options, *link_, program, current_.logger, systemClock());
}

// The server reads bytes from unknown clients, so it holds no passwords, no tasks and no session locks.
int InstanceSetup::serveMetrics(master::Beats& beats) {
  const auto address = current_.config.metrics.listen;
  wipeSecrets(WorkerRuns::Tasks);
  sessionLocks_ = SessionLocks();
  link_.reset();
  current_.logger.setSource(name_, "metrics server");
  current_.logger.unshareStreams();
  return runMetricsServer(address, *board_, current_.logger, [&] { ++beats; });
}

}  // namespace leptir::instance
