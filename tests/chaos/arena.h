// Where a row is played: an instance of the chaos program on a store of its own, a ledger, a push log, a watch for
// deaths. The row injures; `judge` holds what is left against what must be.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <random>
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

// What differs from row to row, in the words of the configuration.
struct Setting {
  int workers = 4;
  double killGrace = 0.2;
  std::string daemon;  // more of daemon.configuration: "key: value, …"
  std::string tasks;   // the `tasks:` block, as YAML in braces
};

class Arena : public e2e::Installation, public ::testing::WithParamInterface<Backend> {
 protected:
  Arena();
  ~Arena() override;

  void set(const Setting& setting);

  // In batches; each stands in the push log before and after.
  std::vector<std::string> give(const std::string& task, std::size_t number, const Json& parameters = Json::object(),
                                const PushOptions& options = {});

  // Starts the program and waits until it is ready.
  std::unique_ptr<e2e::Running> fly(std::vector<std::string> arguments = {});
  void waitUntilReady(const e2e::Running& instance);
  // Of the one that flies; 0 or none while they are being replaced.
  static pid_t dispatcherOf(pid_t master);
  static std::vector<pid_t> workersOf(pid_t master);
  pid_t anyWorkerOf(pid_t master);
  // The next dispatcher, other than this one.
  pid_t nextDispatcher(pid_t master, pid_t before);

  std::vector<LedgerLine> ledger() const { return readLedger(ledgerFile); }
  std::size_t startsSeen() const;
  std::size_t endsSeen() const;
  // Every task that was given has left the queue or is buried.
  bool isDrained();
  TaskCounts counts();

  // Lets what is left run out in a fresh instance.
  void finish();
  // Asks the instance to stop, and it does so well.
  void stop(e2e::Running& instance);
  // Nothing of the instance is left within `limit`.
  bool allGone(std::chrono::seconds limit = std::chrono::seconds(5));
  std::vector<std::string> processesLeft() const;

  // After the end of the instance. Adds what it found to the results file, if the environment names one.
  Findings judge();
  Evidence evidence();
  // How long a dead instance's tasks may wait for another.
  milliseconds longestTakeOver() const;
  // So long an instance stands still until others may have what it held; where sessions live as long as their
  // processes they never may.
  milliseconds longStandstill() const;
  bool sessionsExpire() const { return GetParam().lease > 0; }
  // From then until now these processes stood still.
  void noteStandstill(const std::vector<pid_t>& processes, std::int64_t sinceNs);

  // Milliseconds from an injury until things go on, for the table. Those of killed workers are read off the ledger.
  void recovered(double ms) { recoveries.push_back(ms); }

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

// Sleeps between two injuries: the length of a pause proves nothing here.
void pauseFor(milliseconds length);

#define LEPTIR_CHAOS_ROWS(Fixture)                                                             \
  INSTANTIATE_TEST_SUITE_P(On, Fixture, ::testing::ValuesIn(::leptir::chaos::chaosBackends()), \
                           [](const auto& row) { return row.param.name; })

}  // namespace leptir::chaos
