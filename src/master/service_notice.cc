#include "master/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/saturated.h"

namespace leptir {
namespace {

// The variable's value, which nobody below shall see.
std::string take(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);
  return taken;
}

constexpr Duration kExtendEvery = std::chrono::seconds(15);  // a minute is asked for each time

}  // namespace

ServiceNotice ServiceNotice::fromEnvironment(int pid) {
  ServiceNotice notice;
  notice.address_ = take("NOTIFY_SOCKET");
  const auto micros = std::atoll(take("WATCHDOG_USEC").c_str());
  const auto whose = take("WATCHDOG_PID");
  const bool spoken = notice.address_.starts_with('/') || notice.address_.starts_with('@');
  if (!spoken || notice.address_.size() >= sizeof sockaddr_un{}.sun_path) return {};
  notice.socket_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Twice in each interval, as systemd advises.
  if (micros > 0 && (whose.empty() || whose == std::to_string(pid))) notice.watchdogEvery_ = Duration(micros / 2);
  return notice;
}

void ServiceNotice::tell(bool ready, bool stopping, bool working, BootTime now) {
  if (!socket_) return;
  if (ready && !std::exchange(toldReady_, true)) send("READY=1\nSTATUS=Flying.");
  if (stopping && !std::exchange(toldStopping_, true)) send("STOPPING=1\nSTATUS=Waiting for running tasks.");
  if (working) tellProgress(now);
}

// A store that is down at the start, and tasks that may finish at the end, take longer than managers wait by
// themselves.
void ServiceNotice::tellProgress(BootTime now) {
  if ((!toldReady_ || toldStopping_) && now >= extendAt_) {
    extendAt_ = now + kExtendEvery;
    send("EXTEND_TIMEOUT_USEC=60000000");
  }
  if (!watchdogEvery_ || now < beatAt_) return;
  beatAt_ = saturatedAdd(now, *watchdogEvery_);
  send("WATCHDOG=1");
}

// A manager that does not listen is its own problem.
void ServiceNotice::send(std::string_view message) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // the abstract namespace
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), length);
}

}  // namespace leptir
