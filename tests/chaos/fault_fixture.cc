#include "tests/chaos/fault_fixture.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/task_id.h"
#include "tests/chaos/processes.h"
#include "tests/support/folders.h"

namespace leptir::chaos {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPushedAtOnce = 500, kReadAtOnce = 500;

std::uint64_t seedOf(const char* text) {
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
}

RecordSeen seen(const Json& record) {
  RecordSeen what;
  what.lease = record.value("lease", std::uint64_t{0});
  what.settled = record.value("status", 0) == static_cast<int>(TaskStatus::Completed);
  what.succeeded = what.settled && record.value("retC", 0) == static_cast<int>(ExitStatus::Success);
  what.cause = record.value("cause", "");
  return what;
}

std::map<std::string, std::uint64_t> newestLeases(const std::vector<LedgerLine>& ledger) {
  std::map<std::string, std::uint64_t> newest;
  for (const auto& line : ledger)
    if (line.mark == Mark::Start) newest[line.id] = std::max(newest[line.id], line.lease);
  return newest;
}

}  // namespace

void pauseFor(milliseconds length) {
  std::this_thread::sleep_for(length);
}

FaultFixture::FaultFixture() : store(GetParam().open(folder)), ledgerFile(folder / "ledger") {
  const auto seed = seedOf(std::getenv("LEPTIR_CHAOS_SEED"));
  source.seed(seed);
  RecordProperty("seed", std::to_string(seed));
  std::cout << "LEPTIR_CHAOS_SEED=" << seed << '\n';
  program = buildFolder() / "chaos_instance";
  ::setenv("LEPTIR_CHAOS", folder.c_str(), 1);
  ::setenv("LEPTIR_CHAOS_LEDGER", ledgerFile.c_str(), 1);
  ::unsetenv("LEPTIR_CHAOS_STARTS");
  ::unsetenv("LEPTIR_TEST_LEASE");
  if (sessionsExpire()) ::setenv("LEPTIR_TEST_LEASE", std::to_string(GetParam().lease).c_str(), 1);
  std::ofstream(ledgerFile).flush();
  set({});
  deaths = std::make_unique<DeathWatch>(ledgerFile);
}

// Kills what a failed test has left running, so that it does not disturb the next test.
FaultFixture::~FaultFixture() {
  for (const auto& process : allProcesses()) {
    if (hasInEnvironment(process.pid, "LEPTIR_CHAOS=" + folder.string())) ::kill(process.pid, SIGKILL);
  }
}

void FaultFixture::set(const Setting& setting) {
  std::string yaml = "leptir:\n  brokers:\n    - { name: queue, " + store.here + " }\n  meta_storage:\n    - { " +
                     store.records() +
                     " }\n  loggers:\n    logfile: { type: file, options: { path: " + (folder / "leptir.log").string() +
                     " } }\n  daemon: { configuration: { number_of_workers: " + std::to_string(setting.workers) +
                     ", kill_grace: " + std::to_string(setting.killGrace);
  if (!setting.daemon.empty()) yaml += ", " + setting.daemon;
  yaml += " } }\n";
  if (!setting.tasks.empty()) yaml += "  tasks: " + setting.tasks + "\n";
  writeConfig(yaml);
  broker_.reset();
}

Broker& FaultFixture::broker() {
  if (broker_) return *broker_;
  const auto read = loadConfig(config);
  if (!read) throw std::runtime_error(read.error().message());
  auto opened = openBroker(*read);
  if (!opened) throw std::runtime_error(opened.error().message());
  broker_ = std::make_unique<Broker>(std::move(*opened));
  return *broker_;
}

std::vector<std::string> FaultFixture::pushAndLog(const std::string& task, std::size_t number, const Json& parameters,
                                                  const PushOptions& options) {
  std::vector<std::string> all;
  while (all.size() < number) {
    std::vector<TaskToPush> batch(std::min(number - all.size(), kPushedAtOnce), {task, parameters, options});
    std::vector<std::string> ids;
    for (auto& each : batch) ids.push_back(each.options.id = base::makeTaskId(systemClock()));
    EXPECT_TRUE(appendPush(folder / "pushes", "sent", ids));
    const auto pushed = broker().pushTasks(batch);
    EXPECT_TRUE(pushed) << pushed.error().message();
    if (!pushed) return all;
    EXPECT_TRUE(appendPush(folder / "pushes", "acknowledged", ids));
    all.insert(all.end(), ids.begin(), ids.end());
  }
  return all;
}

std::unique_ptr<e2e::StartedInstance> FaultFixture::startUntilReady(std::vector<std::string> arguments) {
  auto instance = start(std::move(arguments));
  waitUntilReady(*instance);
  return instance;
}

void FaultFixture::waitUntilReady(const e2e::StartedInstance& instance) {
  EXPECT_TRUE(e2e::eventually([&] {
    const auto now = status();
    return !now.at("instance").is_null() && now["instance"]["pid"] == instance.pid() &&
           now["instance"]["ready"] == true;
  })) << instance.output();
}

pid_t FaultFixture::dispatcherOf(pid_t master) {
  for (const auto& child : childrenOf(master)) {
    if (child.state != 'Z' && hasThread(child.pid, "leptir feeder")) return child.pid;
  }
  return 0;
}

// A worker has a higher OOM score than its master.
std::vector<pid_t> FaultFixture::workersOf(pid_t master) {
  std::vector<pid_t> workers;
  const auto dispatcher = dispatcherOf(master);
  for (const auto& child : childrenOf(master)) {
    if (child.pid != dispatcher && child.state != 'Z' && oomScoreOf(child.pid) > oomScoreOf(master))
      workers.push_back(child.pid);
  }
  return workers;
}

pid_t FaultFixture::anyWorkerOf(pid_t master) {
  const auto workers = workersOf(master);
  if (workers.empty()) return 0;
  return workers[static_cast<std::size_t>(random(0, static_cast<long>(workers.size()) - 1))];
}

pid_t FaultFixture::nextDispatcher(pid_t master, pid_t before) {
  pid_t next = 0;
  EXPECT_TRUE(e2e::eventually([&] {
    next = dispatcherOf(master);
    return next != 0 && next != before;
  }));
  return next;
}

std::size_t FaultFixture::startsSeen() const {
  return static_cast<std::size_t>(std::ranges::count(ledger(), Mark::Start, &LedgerLine::mark));
}

std::size_t FaultFixture::endsSeen() const {
  return static_cast<std::size_t>(std::ranges::count(ledger(), Mark::End, &LedgerLine::mark));
}

TaskCounts FaultFixture::counts() {
  const auto queue = broker().access(0);
  EXPECT_TRUE(queue) << queue.error().message();
  const auto counted = queue ? (*queue)->tasksCount() : Result<TaskCounts>(queue.error());
  EXPECT_TRUE(counted) << counted.error().message();
  return counted.value_or(TaskCounts{1, 1, 1, 1});
}

bool FaultFixture::isDrained() {
  const auto now = counts();
  return now.due + now.scheduled + now.leased == 0;
}

void FaultFixture::finish() {
  const auto instance = start({"--drain"});
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
}

void FaultFixture::stop(e2e::StartedInstance& instance) {
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.waitForExit(), 0) << instance.output();
}

// A lease, and the time until the next search for dead sessions.
milliseconds FaultFixture::longestTakeOver() const {
  return sessionsExpire() ? milliseconds(1000 * GetParam().lease * 5 / 4) : 1000ms;
}

milliseconds FaultFixture::longStandstill() const {
  return sessionsExpire() ? milliseconds(2000 * GetParam().lease) : 3000ms;
}

void FaultFixture::standStill(const std::vector<pid_t>& processes) {
  const auto all = [&](int signal) { std::ranges::for_each(processes, [&](pid_t pid) { ::kill(pid, signal); }); };
  ASSERT_TRUE(e2e::eventually([&] {
    all(SIGSTOP);
    if (!store.isLocked || !store.isLocked()) return true;
    all(SIGCONT);
    return false;
  })) << "each time the store was locked";
}

void FaultFixture::noteStandstill(const std::vector<pid_t>& processes, std::int64_t sinceNs) {
  for (const auto pid : processes) standstills[pid] = {sinceNs, bootNsNow()};
}

std::vector<std::string> FaultFixture::processesLeft() const {
  std::vector<std::string> left;
  for (const auto& process : allProcesses()) {
    if (process.state != 'Z' && hasInEnvironment(process.pid, "LEPTIR_CHAOS=" + folder.string()))
      left.push_back(std::to_string(process.pid) + " " + process.name);
  }
  for (const auto& line : ledger()) {
    if (line.mark == Mark::Child && isAlive(line.pid)) left.push_back(std::to_string(line.pid) + " of a task");
  }
  return left;
}

bool FaultFixture::allGone(std::chrono::seconds limit) {
  return e2e::eventually([this] { return processesLeft().empty(); }, limit);
}

std::map<std::string, Json> FaultFixture::recordsOf(const std::set<std::string>& ids) {
  const auto read = loadConfig(config);
  auto storage = openMetaStorage(*read);
  const std::vector<std::string> all(ids.begin(), ids.end());
  std::map<std::string, Json> records;
  for (std::size_t from = 0; from < all.size(); from += kReadAtOnce) {
    const auto some = std::span(all).subspan(from, std::min(kReadAtOnce, all.size() - from));
    const auto loaded = storage->loadMetaInfos(some);
    EXPECT_TRUE(loaded) << loaded.error().message();
    for (std::size_t i = 0; loaded && i < some.size(); ++i)
      if (const auto& record = loaded->at(i)) records[some[i]] = *record;
  }
  return records;
}

std::map<std::string, Json> FaultFixture::recordsOfPushed() {
  const auto pushed = readPushLog(folder / "pushes").acknowledged;
  auto records = recordsOf(pushed);
  EXPECT_EQ(records.size(), pushed.size());
  return records;
}

// A task whose last run settled it is not looked for in the store, since what the store says would change no finding.
Evidence FaultFixture::evidence() {
  Evidence all;
  all.ledger = readLedger(ledgerFile, &all.brokenLines);
  all.pushes = readPushLog(folder / "pushes");
  all.lastSeenAlive = deaths->lastSeenAlive();
  all.orphans = processesLeft();
  all.growth = growth;
  all.standstills = standstills;
  for (const auto& [id, record] : recordsOf(all.pushes.sent)) all.records[id] = seen(record);
  auto queue = broker().access(0).value();
  auto newest = newestLeases(all.ledger);
  for (const auto& id : all.pushes.sent) {
    const auto& record = all.records.find(id);
    if (record != all.records.end() && record->second.settled && record->second.lease >= newest[id]) continue;
    if (const auto found = queue->keeper().find(id)) all.store[id] = found->state;
  }
  return all;
}

Findings FaultFixture::checkEvidence() {
  allGone();
  const auto all = evidence();
  const auto ofWorkers = recoveriesOf(all);
  recoveries.insert(recoveries.end(), ofWorkers.begin(), ofWorkers.end());
  auto findings = check(all);
  EXPECT_TRUE(findings.clean()) << findings.describe() << "files of the test: " << folder;
  report(findings);
  return findings;
}

// Appends one line: name of the test, its numbers, then the recovery times in ms.
void FaultFixture::report(const Findings& findings) {
  const char* const file = std::getenv("LEPTIR_CHAOS_RESULTS");
  if (file == nullptr) return;
  const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::ofstream out(file, std::ios::app);
  out << test->name() << ' ' << findings.tasks << ' ' << findings.lost.size() << ' ' << findings.duplicates << ' '
      << findings.overlap.size() << ' ' << findings.stale.size() << ' ' << findings.orphans.size();
  for (const auto each : recoveries) out << ' ' << each;
  out << '\n';
}

}  // namespace leptir::chaos
