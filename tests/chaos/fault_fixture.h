// The fixture of the fault tests, which play the rows of docs/design.md: an instance of the chaos program on a store of
// its own, a ledger of runs, a log of pushes, a watch for dead processes. A test injects faults; at its end the
// evidence that is left is checked.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "leptir/config.h"
#include "tests/chaos/backends.h"
#include "tests/chaos/checker.h"
#include "tests/chaos/death_watch.h"
#include "tests/e2e/installation.h"

namespace leptir::chaos {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

inline constexpr std::size_t kWorkers = 4;

// The settings of the configuration that differ between tests.
struct Setting {
  std::size_t workers = kWorkers;
  double killGrace = 0.2;
  std::string daemon;  // further keys of daemon.configuration: "key: value, …"
  std::string tasks;   // the `tasks:` block, as YAML in braces
};

class FaultFixture : public e2e::Installation, public ::testing::WithParamInterface<Backend> {
 protected:
  FaultFixture();
  ~FaultFixture() override;

  void set(const Setting& setting);

  // Pushes tasks in batches. The push log gets their ids before and after each push.
  std::vector<std::string> pushAndLog(const std::string& task, std::size_t number,
                                      const Json& parameters = Json::object(), const PushOptions& options = {});

  // Starts the program and waits until it is ready.
  std::unique_ptr<e2e::StartedInstance> startUntilReady(std::vector<std::string> arguments = {});
  void waitUntilReady(const e2e::StartedInstance& instance);
  // The processes of the instance with this master. While they are being replaced the dispatcher is 0 and workers are
  // missing.
  static pid_t dispatcherOf(pid_t master);
  static std::vector<pid_t> workersOf(pid_t master);
  pid_t anyWorkerOf(pid_t master);
  // Waits until the instance has a dispatcher other than `before`; returns its pid.
  pid_t nextDispatcher(pid_t master, pid_t before);

  std::vector<LedgerLine> ledger() const { return readLedger(ledgerFile); }
  std::size_t startsSeen() const;
  std::size_t endsSeen() const;
  // Whether every pushed task has left the queue or is buried.
  bool isDrained();
  TaskCounts counts();

  // Runs the tasks that are left in a new instance with --drain.
  void finish();
  // Stops the instance with TERM; it must end with status 0.
  void stop(e2e::StartedInstance& instance);
  // Waits until no process of the instance is left; false after `limit`.
  bool allGone(std::chrono::seconds limit = std::chrono::seconds(5));
  std::vector<std::string> processesLeft() const;

  // The records of these tasks, by id, without those that do not exist.
  std::map<std::string, Json> recordsOf(const std::set<std::string>& ids);
  // The records of all tasks that were pushed; the test fails if one does not exist.
  std::map<std::string, Json> recordsOfPushed();
  // Checks the evidence after the end of the instance; any finding fails the test. Appends the numbers to the file that
  // LEPTIR_CHAOS_RESULTS names.
  Findings checkEvidence();
  Evidence evidence();
  // How long the tasks of a dead instance may wait until another instance runs them.
  milliseconds longestTakeOver() const;
  // How long a test stops an instance so that others may take its tasks. Where sessions live as long as their
  // processes, others never may.
  milliseconds longStandstill() const;
  bool sessionsExpire() const { return GetParam().lease > 0; }
  // Stops these processes with SIGSTOP. Not within a transaction that locks a store in a file: then others could do
  // nothing, and a test of what they do would wait in vain.
  void standStill(const std::vector<pid_t>& processes);
  // Notes that these processes were stopped from `sinceNs` until now.
  void noteStandstill(const std::vector<pid_t>& processes, std::int64_t sinceNs);

  // Notes the milliseconds from a fault until work went on, for the table of `make chaos`. The times after killed
  // workers are added from the ledger.
  void noteRecovery(double ms) { recoveries.push_back(ms); }

  double msSince(std::int64_t bootNs) const { return static_cast<double>(bootNsNow() - bootNs) / 1e6; }
  long random(long from, long to) { return std::uniform_int_distribution<long>(from, to)(source); }

  const Store store;
  fs::path ledgerFile;
  std::unique_ptr<DeathWatch> deaths;
  std::vector<Growth> growth;
  std::map<pid_t, Standstill> standstills;
  std::vector<double> recoveries;
  std::mt19937_64 source;

 private:
  std::unique_ptr<Broker> broker_;
  Broker& broker();
  void report(const Findings& findings);
};

// Sleeps between two faults. No expectation depends on the exact length.
void pauseFor(milliseconds length);

#define LEPTIR_CHAOS_ROWS(Fixture)                                                             \
  INSTANTIATE_TEST_SUITE_P(On, Fixture, ::testing::ValuesIn(::leptir::chaos::chaosBackends()), \
                           [](const auto& row) { return row.param.name; })

}  // namespace leptir::chaos
