#include "master/service_notifier.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/saturated.h"

namespace leptir::master {
namespace {

// Returns the value of an environment variable and removes it, so that child processes do not see it.
std::string takeVariable(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);
  return taken;
}

constexpr Duration kExtendInterval = std::chrono::seconds(15);  // each message asks for one minute

}  // namespace

ServiceNotifier ServiceNotifier::fromEnvironment(int pid) {
  ServiceNotifier notice;
  notice.address_ = takeVariable("NOTIFY_SOCKET");
  const auto micros = std::atoll(takeVariable("WATCHDOG_USEC").c_str());
  const auto whose = takeVariable("WATCHDOG_PID");
  const bool isSocketAddress = notice.address_.starts_with('/') || notice.address_.starts_with('@');
  if (!isSocketAddress || notice.address_.size() >= sizeof sockaddr_un{}.sun_path) return {};
  notice.socket_ = base::UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Two messages in each interval, as systemd advises.
  if (micros > 0 && (whose.empty() || whose == std::to_string(pid))) notice.watchdogInterval_ = Duration(micros / 2);
  return notice;
}

void ServiceNotifier::notify(const State& state, BootTime now) {
  if (!socket_) return;
  if (state.ready && !std::exchange(toldReady_, true)) send("READY=1\nSTATUS=Flying.");
  if (state.stopping && !std::exchange(toldStopping_, true)) send("STOPPING=1\nSTATUS=Waiting for running tasks.");
  if (state.working) tellProgress(now);
}

// Asks for more time: a store that is down at the start, or running tasks at the end, can take longer than a manager
// waits by default.
void ServiceNotifier::tellProgress(BootTime now) {
  if ((!toldReady_ || toldStopping_) && now >= nextExtensionAt_) {
    nextExtensionAt_ = now + kExtendInterval;
    send("EXTEND_TIMEOUT_USEC=60000000");
  }
  if (!watchdogInterval_ || now < nextWatchdogAt_) return;
  nextWatchdogAt_ = base::saturatedAdd(now, *watchdogInterval_);
  send("WATCHDOG=1");
}

// Errors are ignored: the instance works the same when the manager does not listen.
void ServiceNotifier::send(std::string_view message) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // the abstract namespace
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), length);
}

}  // namespace leptir::master
