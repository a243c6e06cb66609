#include "master/metrics_supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "link/board_metrics.h"
#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class MetricsSupervisorTest : public ::testing::Test {
 protected:
  MetricsSupervisorTest() : instance(optionsWithMetrics()) {
    instance.keepLog();
    instance.metricsServer = [](ToyInstance& self, Beats&) {
      self.board->setMetricsListening();
      hangForEver();
      return 0;
    };
  }

  static MasterOptions optionsWithMetrics() {
    auto options = optionsFor(1);
    options.metricsListen = "127.0.0.1:9464";
    return options;
  }

  std::optional<link::BoardMetricsServer> shown() const {
    return instance.board->snapshot(systemClock()).metricsServer;
  }
  // Waits until a server listens whose pid is not `other`; returns its pid.
  int serverPid(int other = 0) const {
    const bool listens =
        waitUntil([&] { return shown() && shown()->listening && shown()->pid != 0 && shown()->pid != other; });
    EXPECT_TRUE(listens) << instance.logged();
    return listens ? shown()->pid : 0;
  }

  ToyInstance instance;
};

TEST_F(MetricsSupervisorTest, StartsNoServerWithoutAnAddress) {
  instance.options.metricsListen.clear();
  instance.metricsServer = [](ToyInstance& self, Beats&) { return ++self.notes->number; };
  instance.start(toyWorker);
  EXPECT_EQ(instance.outcome(0, instance.assign(0, "ok")), "did ok");
  EXPECT_FALSE(shown());
  EXPECT_EQ(instance.notes->number, 0);
}

TEST_F(MetricsSupervisorTest, AKilledServerComesBackAndTouchesNoOtherProcess) {
  instance.start(toyWorker);
  const int first = serverPid();
  const int worker = instance.workerPid(0), dispatcher = instance.dispatcherPid();
  const auto running = instance.assign(0, "wait");
  ASSERT_TRUE(instance.reaches(0, running, link::CellState::Executing));
  ASSERT_GT(first, 0);
  ::kill(first, SIGKILL);
  EXPECT_GT(serverPid(first), 0);
  EXPECT_TRUE(instance.logs("The metrics server (pid " + std::to_string(first) + ") "));
  const auto counted = link::metricsOf(*instance.board, systemClock())
                           .processCounts[static_cast<std::size_t>(metrics::ProcessKind::MetricsServer)];
  EXPECT_EQ(counted.starts, 2u);
  EXPECT_EQ(counted.crashes, 1u);
  instance.notes->number = 1;
  EXPECT_EQ(instance.outcome(0, running), "did wait");
  EXPECT_EQ(instance.workerPid(0), worker);
  EXPECT_EQ(instance.dispatcherPid(), dispatcher);
  EXPECT_EQ(instance.link->page().dispatcherDeaths, 0u);
}

TEST_F(MetricsSupervisorTest, AServerThatDiesAgainAndAgainIsInTheLogOnce) {
  instance.metricsServer = [](ToyInstance& self, Beats&) { return ++self.notes->number > 0 ? 7 : 0; };
  instance.start(toyWorker);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number >= 3; }));
  EXPECT_EQ(instance.outcome(0, instance.assign(0, "ok")), "did ok") << "tasks go on";
  const auto log = instance.logged();
  const auto first = log.find("The metrics server (pid ");
  ASSERT_NE(first, log.npos) << log;
  EXPECT_EQ(log.find("The metrics server (pid ", first + 1), log.npos) << log;
}

TEST_F(MetricsSupervisorTest, AServerThatMakesNoProgressIsReplaced) {
  instance.options.metricsServerHangTimeout = 300ms;
  instance.start(toyWorker);
  const int first = serverPid();
  EXPECT_GT(serverPid(first), 0);
  EXPECT_TRUE(instance.logs("The metrics server (pid " + std::to_string(first) + ") makes no progress"));
  const auto counted = link::metricsOf(*instance.board, systemClock())
                           .processCounts[static_cast<std::size_t>(metrics::ProcessKind::MetricsServer)];
  EXPECT_GE(counted.kills, 1u);
  EXPECT_EQ(counted.crashes, 0u);
}

TEST_F(MetricsSupervisorTest, AServerThatMakesProgressGoesOn) {
  instance.options.metricsServerHangTimeout = 1s;
  instance.metricsServer = [](ToyInstance& self, Beats& beats) {
    self.board->setMetricsListening();
    for (;; ++beats) ::usleep(20'000);
    return 0;
  };
  instance.start(toyWorker);
  const int first = serverPid();
  ::usleep(2'500'000);
  EXPECT_EQ(serverPid(), first) << instance.logged();
}

TEST_F(MetricsSupervisorTest, AReloadMovesTheServerAndRemovesIt) {
  instance.reload.read = [] { return true; };
  instance.reload.check = [] { return 0; };
  instance.reload.commit = [] {};
  instance.reload.prepare = [this]() -> std::optional<MasterOptions> {
    auto options = optionsWithMetrics();
    options.metricsListen = shown()->address == "[::1]:1" ? "" : "[::1]:1";
    return options;
  };
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  const int first = serverPid();
  instance.signal(SIGHUP);
  ASSERT_TRUE(waitUntil([&] { return shown() && shown()->address == "[::1]:1"; })) << instance.logged();
  const int second = serverPid(first);
  EXPECT_FALSE(isRunning(first));
  instance.signal(SIGHUP);
  EXPECT_TRUE(waitUntil([&] { return !shown(); })) << instance.logged();
  EXPECT_TRUE(waitUntil([&] { return !isRunning(second); }));
  EXPECT_THAT(instance.logged(), Not(HasSubstr("The metrics server"))) << "nothing unexpected has happened";
}

TEST_F(MetricsSupervisorTest, TheServerGoesOnWhileTheInstanceStopsAndEndsWithIt) {
  instance.start(toyWorker);
  const int server = serverPid();
  const auto running = instance.assign(0, "wait");
  ASSERT_TRUE(instance.reaches(0, running, link::CellState::Executing));
  instance.signal(SIGTERM);
  ASSERT_TRUE(
      waitUntil([&] { return instance.board->snapshot(systemClock()).state == link::InstanceState::Stopping; }));
  EXPECT_TRUE(isRunning(server)) << "a shutdown can be watched";
  instance.notes->number = 1;
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
  EXPECT_FALSE(isRunning(server));
  EXPECT_THAT(instance.logged(), Not(HasSubstr("Killed what tasks had left")));
}

TEST_F(MetricsSupervisorTest, TheServerDiesWithItsMaster) {
  instance.start(toyWorker);
  const int server = serverPid();
  instance.killMaster();
  EXPECT_TRUE(waitUntil([&] { return !isRunning(server); }));
}

}  // namespace
}  // namespace leptir::master
