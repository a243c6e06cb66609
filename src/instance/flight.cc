#include "instance/flight.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>

#include "base/instance_mark.h"
#include "base/nonblocking_output.h"
#include "base/task_id.h"
#include "base/wipe_memory.h"
#include "config/assemble.h"
#include "dispatcher/dispatcher.h"
#include "instance/predecessor.h"
#include "instance/program_check.h"
#include "instance/say.h"
#include "instance/secret_variables.h"
#include "leptir/version.h"
#include "link/stderr_carrier.h"
#include "task/program_task.h"
#include "worker/worker.h"

namespace leptir {
namespace {

constexpr int kOk = 0, kNotDone = 1, kConfigurationWrong = 78;

// Want of space, memory or descriptors passes, and a start may then be tried again; a wrong configuration stays wrong.
int refuseToStart(const Error& error) {
  return complain(error, error.code() == ErrorCode::Unavailable ? kNotDone : kConfigurationWrong);
}

std::string hostName() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

// Tests that wait for the end of a lease cannot wait for a minute. Zero: nobody asked.
Duration leaseForTests() {
  const char* const seconds = std::getenv("LEPTIR_TEST_LEASE");
  return seconds == nullptr ? Duration(0) : std::chrono::seconds(std::atoi(seconds));
}

bool isFile(const LogSinkConfig& sink) {
  return sink.type == LogSinkConfig::Type::File;
}

template <class Store>
std::string nameAndType(const Store& store) {
  return store.name == store.type ? store.name : store.name + " (" + store.type + ")";
}

// Of this process and all that it starts. Empty: files may grow.
std::string limitOfFileSizes() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return {};
  return "no file of this instance can grow beyond " + std::to_string(limit.rlim_max) +
         " bytes (ulimit -f, LimitFSIZE of systemd), neither a log nor a database";
}

int exitStatusOf(MasterEnd end) {
  switch (end) {
    case MasterEnd::Stopped:
    case MasterEnd::DrainedEmpty:
      return kOk;
    case MasterEnd::StoreUnusable:
      return kExitStoreUnusable;
    default:
      return kNotDone;
  }
}

}  // namespace

Flight::Flight(Config& config, const InstanceOptions& options, const Program& program, InstanceLocks& files)
    : given_(config), options_(options), program_(program), name_(makeInstanceName()), files_(files) {
  plan_.lines = BrokerLines(config.brokers);
  plan_.config = config;
}

int Flight::prepare() {
  auto logger = openLogger(plan_.config);
  if (!logger) return refuseToStart(logger.error());
  plan_.logger = std::move(*logger);
  plan_.program = programOf(plan_.config);
  sayWhatStarts();
  for (const auto& sentence : unusablePrograms(plan_.config)) plan_.logger.warning(sentence);
  if (const auto raised = descriptorLimit_.raiseFor(plan_.config); !raised)
    return complain(raised.error(), kConfigurationWrong);
  if (auto marked = bearMark(name_); !marked) return complain(marked.error(), kNotDone);
  auto sign = bearMasterSign(name_);
  if (!sign) return complain(sign.error(), kNotDone);
  masterSign_ = std::move(*sign);
  auto link = Link::create(plan_.config.daemon.numberOfWorkers);
  if (!link) return complain(link.error(), kNotDone);
  link_ = std::move(*link);
  if (const auto lease = leaseForTests(); lease > Duration(0)) {
    link_->page().leaseTimes.lease = lease;
    plan_.logger.warning("LEPTIR_TEST_LEASE: sessions expire after " + std::to_string(lease / std::chrono::seconds(1)) +
                         " s");
  }
  predecessor_ = endPredecessor(options_.files.boardFile, plan_.logger);
  auto board = StatusBoard::create(options_.files.boardFile, name_, plan_.config.daemon.numberOfWorkers, systemClock());
  if (!board) return refuseToStart(board.error());
  board_ = std::move(*board);
  board_->setMaster(::getpid());
  if (!plan_.config.file.empty()) board_->setConfiguration(std::filesystem::absolute(plan_.config.file).string());
  board_->setState(InstanceState::Starting, "its stores to be checked");
  return kOk;
}

std::vector<std::string> Flight::warnings() const {
  std::vector<std::string> warnings;
  if (options_.daemon && std::ranges::none_of(plan_.config.loggers, isFile))
    warnings.push_back("no logger of type file is configured, and a daemon has no other: it logs nowhere");
  if (plan_.config.metaStorages.empty())
    warnings.push_back("no meta_storage is configured: what becomes of tasks is not recorded");
  if (auto limit = limitOfFileSizes(); !limit.empty()) warnings.push_back(std::move(limit));
  return warnings;
}

int Flight::takeSessionLocks() {
  const auto taken = locks_.take(Stores(plan_.config).sessionLockFiles(name_));
  if (taken) return kOk;
  return complain(taken.error(), taken.error().code() == ErrorCode::Invalid ? kExitStoreUnusable : kNotDone);
}

void Flight::abandon() {
  if (board_) board_->remove();
}

void Flight::sayWhatStarts() const {
  std::string brokers, storages;
  for (const auto& broker : plan_.config.brokers) brokers += (brokers.empty() ? "" : ", ") + nameAndType(broker);
  for (const auto& storage : plan_.config.metaStorages)
    storages += (storages.empty() ? "" : ", ") + nameAndType(storage);
  const auto& file = plan_.config.file;
  say(LogLevel::Info, "leptir " + std::string(kVersion) + " starts: pid " + std::to_string(::getpid()) +
                          ", configuration " + (file.empty() ? "none" : std::filesystem::absolute(file).string()) +
                          ", brokers: " + brokers + ", records: " + (storages.empty() ? "none" : storages) + ", " +
                          std::to_string(plan_.config.daemon.numberOfWorkers) + " workers.");
  for (const auto& warning : warnings()) say(LogLevel::Warning, warning);
}

int Flight::run(const std::function<void()>& closeInChild) {
  const int masterPid = ::getpid();
  plan_.logger.queueFromNowOn();
  const ChildMains children{.dispatcher =
                                [this, masterPid, &closeInChild] {
                                  closeInChild();
                                  board_->closeInChild();
                                  masterSign_ = UniqueFd();
                                  return dispatch(masterPid);
                                },
                            .worker =
                                [this, masterPid, &closeInChild](int slot) {
                                  closeInChild();
                                  board_->closeInChild();
                                  masterSign_ = UniqueFd();
                                  return work(slot, masterPid);
                                }};
  Master master(
      masterOptions(plan_), *link_, *board_, plan_.logger, systemClock(), children,
      [this] { (void)plan_.logger.reopen(); }, reloadHooks(), [this] { keepFiles(); });
  const auto end = master.run();
  carryStderr(*link_, NonBlockingOutput(STDERR_FILENO));
  endLog();
  board_->remove();
  if (end == MasterEnd::Stopped || end == MasterEnd::DrainedEmpty || end == MasterEnd::DrainedUnknown) locks_.remove();
  return exitStatusOf(end);
}

// What the log itself cannot say any more.
void Flight::endLog() {
  constexpr Duration kLastLines = std::chrono::seconds(1);
  const auto losses = plan_.logger.flushWithin(kLastLines);
  if (!losses.empty()) (void)NonBlockingOutput(STDERR_FILENO).write("leptir: " + losses);
}

// As a daemon only file loggers are active: PHP leptir's rule.
Result<Logger> Flight::openLogger(const Config& config) const {
  auto sinks = config.loggers;
  if (options_.daemon) std::erase_if(sinks, std::not_fn(isFile));
  return Logger::open(sinks);
}

Program Flight::programOf(const Config& config) const {
  Program program = program_;
  for (const auto& [name, spec] : config.programs) {
    const auto rules = config.rules.find(name);
    const auto limits = rules == config.rules.end() ? ResourceLimits() : rules->second.limits;
    addProgram(program.tasks, name, spec, name_, limits);
  }
  return program;
}

MasterOptions Flight::masterOptions(const Plan& plan) const {
  const auto& config = plan.config;
  MasterOptions options;
  options.workers = config.daemon.numberOfWorkers;
  options.killGrace = config.daemon.killGrace;
  options.shutdownGrace = config.daemon.shutdownGrace;
  for (const auto& broker : plan.lines.brokers()) options.brokerNames.push_back(broker.name);
  return options;
}

// --- what the children do

Config Flight::withAllLines(const Plan& plan) const {
  auto config = plan.config;
  config.brokers = plan.lines.brokers();
  return config;
}

int Flight::dispatch(int masterPid) {
  plan_.logger.queueFromNowOn();
  const auto& daemon = plan_.config.daemon;
  DispatcherOptions options;
  options.instance = name_;
  options.predecessor = predecessor_;
  options.card = {
      .host = hostName(), .pid = masterPid, .version = std::string(kVersion), .workers = daemon.numberOfWorkers};
  options.masterPid = masterPid;
  for (auto& name : plan_.program.tasks.names()) options.names.insert(std::move(name));
  options.rules = plan_.config.rules;
  options.taskExecutionTime = daemon.taskExecutionTime;
  options.emptyQueueSleepTime = daemon.emptyQueueSleepTime;
  options.workersActiveSleepTime = daemon.workersActiveSleepTime;
  options.drain = options_.drain;
  options.reopenLogs = [this] { (void)plan_.logger.reopen(); };
  Stores stores(withAllLines(plan_));
  auto brokers = stores.brokerSeats();
  for (std::size_t i = 0; i < brokers.size(); ++i) brokers[i].leaving = plan_.lines.lines()[i].leaving;
  return runDispatcher(options, *link_, *board_, std::move(brokers), stores.metaSeats(), plan_.logger, systemClock());
}

// A worker opens no store, and runs code that has no business with the passwords of stores.
void Flight::wipeSecrets() {
  const auto wipeStores = [](auto& stores) {
    for (auto& store : stores) {
      wipeVariablesOf(store.connection);
      wipe(store.connection);
    }
  };
  const auto wipeConfig = [&wipeStores](Config& config) {
    wipeStores(config.brokers);
    wipeStores(config.metaStorages);
  };
  wipeConfig(given_);
  for (auto* plan : {&plan_, next_.get()}) {
    if (plan == nullptr) continue;
    wipeConfig(plan->config);
    for (const auto& broker : plan->lines.brokers()) wipeVariablesOf(broker.connection);
    plan->lines.wipeConnections();
  }
  if (read_) wipe(read_->text);
  wipeFreeMemory();
}

int Flight::work(int slot, int masterPid) {
  wipeSecrets();
  locks_.letGoInForks();
  plan_.logger.openStreamsAnew();
  descriptorLimit_.restore();
  ::setenv("LEPTIR_SESSION", name_.c_str(), 1);  // for what tasks execute
  WorkerOptions options;
  options.slot = slot;
  options.masterPid = masterPid;
  options.rules = &plan_.config.rules;
  options.maxTasks = plan_.config.daemon.maxTasksPerWorker;
  options.maxMemory = plan_.config.daemon.maxMemoryPerWorker;
  options.reopenLogs = [this] { (void)plan_.logger.reopen(); };
  return runWorker(options, *link_, plan_.program, plan_.logger, systemClock());
}

}  // namespace leptir
