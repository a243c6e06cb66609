// Notifications to a service manager (systemd's Type=notify); the test receives them.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

class ServiceTest : public Installation {
 protected:
  ServiceTest() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const auto path = (folder / "notify").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "400000", 1);
  }
  ~ServiceTest() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(socket_);
  }

  std::size_t timesHeard(const std::string& text) {
    char message[512];
    for (ssize_t size = 0; (size = ::recv(socket_, message, sizeof message, 0)) > 0;)
      heard_.emplace_back(message, static_cast<std::size_t>(size));
    return static_cast<std::size_t>(
        std::ranges::count_if(heard_, [&](const auto& each) { return each.find(text) != std::string::npos; }));
  }
  bool hears(const std::string& text, std::size_t times = 1) {
    return eventually([&] { return timesHeard(text) >= times; });
  }

 private:
  int socket_;
  std::vector<std::string> heard_;
};

TEST_F(ServiceTest, ReceivesReadyWatchdogAndStopping) {
  const auto instance = start();
  EXPECT_TRUE(hears("READY=1"));
  EXPECT_EQ(status().at("instance").at("ready"), true);
  EXPECT_TRUE(hears("WATCHDOG=1", timesHeard("WATCHDOG=1") + 3));
  const auto id = push({"sleep", "seconds:=1"});
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; }));
  instance->signal(SIGTERM);
  EXPECT_TRUE(hears("STOPPING=1"));
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_EQ(timesHeard("READY=1"), 1u);
  EXPECT_EQ(timesHeard("STOPPING=1"), 1u);
}

}  // namespace
}  // namespace leptir::e2e
