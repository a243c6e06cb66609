// leptir cancel: a waiting task is removed from the queue, a running task is ended, and the record says who cancelled
// it.
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

class CancelTest : public Installation {
 protected:
  void expectCancelled(const std::string& id) {
    ASSERT_TRUE(eventually([&] { return info(id).value("status", 0) == 3; })) << info(id).dump();
    const auto record = info(id);
    EXPECT_EQ(record.at("cause"), "cancelled");
    EXPECT_EQ(record.at("retC"), 4);
    EXPECT_EQ(record.at("cancelledBy"), me());
    EXPECT_GE(record.at("cancelledAt").get<double>(), before);
    EXPECT_LE(record.at("cancelledAt").get<double>(), secondsNow());
    EXPECT_TRUE(record.contains("envelope"));
  }
  static double secondsNow() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  // The expected `cancelledBy`: user@host.
  static std::string me() {
    const auto* user = ::getpwuid(::geteuid());
    char host[256] = {};
    ::gethostname(host, sizeof host - 1);
    return (user != nullptr ? user->pw_name : std::to_string(::geteuid())) + "@" + host;
  }

  const double before = secondsNow();
};

TEST_F(CancelTest, RemovesAWaitingTaskFromTheQueue) {
  const auto id = push({"noop", "--delaySeconds=3600"});
  EXPECT_EQ(leptir({"cancel", id}).exit, 0);
  expectCancelled(id);
  EXPECT_EQ(status().at("brokers").at(0).at("scheduled"), 0);
  EXPECT_EQ(leptir({"cancel", id}).exit, 4);
}

TEST_F(CancelTest, EndsARunningTaskEvenIfItIgnoresSignals) {
  const auto hang = push({"hang"});
  const auto sleep = push({"sleep", "seconds:=600"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 2; }));
  EXPECT_EQ(leptir({"cancel", hang}).exit, 0);
  EXPECT_EQ(leptir({"cancel", sleep}).exit, 0);
  expectCancelled(hang);
  expectCancelled(sleep);
  EXPECT_EQ(status().at("brokers").at(0).at("leased"), 0);
}

TEST_F(CancelTest, EndsTheTaskEvenIfTheDispatcherIsKilled) {
  const auto id = push({"hang"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; }));
  EXPECT_EQ(leptir({"cancel", id}).exit, 0);
  ::kill(dispatcherPid(), SIGKILL);
  expectCancelled(id);
}

TEST_F(CancelTest, RemovesATaskWhoseInstanceIsDead) {
  const auto id = push({"hang"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; }));
  instance->signal(SIGKILL);
  instance->waitForExit();
  // The other processes of the killed instance hold its session lock until they end, shortly after the master.
  EXPECT_TRUE(
      eventually([&] { return leptir({"cancel", id}).out.find("taken out of the queue") != std::string::npos; }));
  expectCancelled(id);
  EXPECT_EQ(status().at("brokers").at(0).at("leased"), 0);
}

TEST_F(CancelTest, KilledAtAnyMomentLosesNoTask) {
  leptir({"push", "noop", "--number=6000", "--delaySeconds=3600"});
  for (int kills = 0, milliseconds = 20; kills < 8; ++kills, milliseconds += 25) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const auto path = "--config=" + config.string();
      ::execl(program.c_str(), program.c_str(), "cancel", "--state=scheduled", "--yes", path.c_str(), nullptr);
      ::_exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  leptir({"cancel", "--state=scheduled", "--yes"});
  EXPECT_EQ(status().at("brokers").at(0).at("scheduled"), 0);
  std::size_t cancelled = 0;
  std::string cursor;
  do {
    std::vector<std::string> arguments{"tasks", "--cause=cancelled", "--json", "--limit=1000"};
    if (!cursor.empty()) arguments.push_back(cursor);
    const auto page = leptir(arguments);
    cancelled += page.lines().size();
    const auto at = page.err.find("--cursor=");
    cursor = at == std::string::npos ? "" : page.err.substr(at, page.err.find_last_not_of('\n') + 1 - at);
  } while (!cursor.empty());
  EXPECT_EQ(cancelled, 6'000u);
}

TEST_F(CancelTest, ReportsThatATaskIsUnknown) {
  const auto answer = leptir({"cancel", "nobody"});
  EXPECT_EQ(answer.exit, 4);
  EXPECT_NE(answer.err.find("nothing to cancel"), std::string::npos);
}

}  // namespace
}  // namespace leptir::e2e
