#include "master/service_notifier.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "tests/support/temp_dir.h"

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

const BootTime kNow{1000s};

class ServiceNotifierTest : public ::testing::Test {
 protected:
  ServiceNotifierTest() : manager_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const auto path = (folder_ / "notify").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    EXPECT_EQ(::bind(manager_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "2000000", 1);
  }

  // The first lines of the messages that the manager received since the last call, separated by commas.
  std::string heard() {
    std::string all;
    char text[256];
    for (ssize_t bytes; (bytes = ::recv(manager_.get(), text, sizeof text, 0)) > 0;) {
      const std::string message(text, static_cast<std::size_t>(bytes));
      all += (all.empty() ? "" : ", ") + message.substr(0, message.find('\n'));
    }
    return all;
  }

  TempDir folder_;
  base::UniqueFd manager_;
};

TEST_F(ServiceNotifierTest, SendsReadyOnceAndStoppingOnce) {
  ::unsetenv("WATCHDOG_USEC");
  auto notice = ServiceNotifier::fromEnvironment(::getpid());
  notice.notify({}, kNow);
  EXPECT_EQ(heard(), "");
  notice.notify({.ready = true, .working = true}, kNow);
  notice.notify({.ready = true, .working = true}, kNow);
  EXPECT_EQ(heard(), "READY=1");
  notice.notify({.stopping = true}, kNow);
  notice.notify({.stopping = true}, kNow);
  EXPECT_EQ(heard(), "STOPPING=1");
}

TEST_F(ServiceNotifierTest, SendsTwoWatchdogMessagesInEachInterval) {
  auto notice = ServiceNotifier::fromEnvironment(::getpid());
  for (int tenth = 0; tenth < 30; ++tenth) notice.notify({.ready = true, .working = true}, kNow + 100ms * tenth);
  EXPECT_EQ(heard(), "READY=1, WATCHDOG=1, WATCHDOG=1, WATCHDOG=1");
}

TEST_F(ServiceNotifierTest, SendsNoWatchdogMessageWhileTheDispatcherMakesNoProgress) {
  auto notice = ServiceNotifier::fromEnvironment(::getpid());
  for (int second = 0; second < 10; ++second) notice.notify({}, kNow + 1s * second);
  EXPECT_EQ(heard(), "");
}

TEST_F(ServiceNotifierTest, AsksForMoreTimeUntilItIsReadyAndWhileItStops) {
  ::unsetenv("WATCHDOG_USEC");
  auto notice = ServiceNotifier::fromEnvironment(::getpid());
  for (int second = 0; second < 20; ++second) notice.notify({.working = true}, kNow + 1s * second);
  EXPECT_EQ(heard(), "EXTEND_TIMEOUT_USEC=60000000, EXTEND_TIMEOUT_USEC=60000000");
  for (int second = 100; second < 120; ++second) notice.notify({.ready = true, .working = true}, kNow + 1s * second);
  EXPECT_EQ(heard(), "READY=1");
  for (int second = 200; second < 220; ++second) notice.notify({.stopping = true, .working = true}, kNow + 1s * second);
  EXPECT_EQ(heard(), "STOPPING=1, EXTEND_TIMEOUT_USEC=60000000, EXTEND_TIMEOUT_USEC=60000000");
}

TEST_F(ServiceNotifierTest, SendsNoWatchdogMessageThatIsExpectedOfAnotherProcess) {
  ::setenv("WATCHDOG_PID", "1", 1);
  auto notice = ServiceNotifier::fromEnvironment(::getpid());
  notice.notify({.ready = true, .working = true}, kNow);
  EXPECT_EQ(heard(), "READY=1");
}

TEST_F(ServiceNotifierTest, RemovesItsVariablesFromTheEnvironmentOfTasks) {
  ServiceNotifier::fromEnvironment(::getpid());
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
}

}  // namespace
}  // namespace leptir::master
