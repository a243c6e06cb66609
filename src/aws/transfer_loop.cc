#include "aws/transfer_loop.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace leptir::aws {
namespace {

constexpr std::int64_t kMaxPollMilliseconds = 60'000;
constexpr int kSocketsAtOnce = 16;
// After so many rounds of sockets and timers work() returns, however quickly the service sends.
constexpr int kMaxRounds = 4;

BootTime now() {
  return systemClock().bootTime();
}

std::uint32_t eventsOf(int what) {
  std::uint32_t events = 0;
  if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
  return events;
}

int readinessOf(std::uint32_t events) {
  int readiness = 0;
  if ((events & EPOLLIN) != 0) readiness |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) readiness |= CURL_CSELECT_OUT;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) readiness |= CURL_CSELECT_ERR;
  return readiness;
}

int millisecondsUntil(BootTime time) {
  const auto left = std::max(time - now(), Duration::zero());
  const auto milliseconds = left / std::chrono::milliseconds(1) + (left % std::chrono::milliseconds(1) > Duration(0));
  return static_cast<int>(std::min<std::int64_t>(milliseconds, kMaxPollMilliseconds));
}

}  // namespace

TransferLoop::TransferLoop(std::size_t connections)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), multi_(http::makeMultiHandle()) {
  if (multi_ == nullptr) return;
  ::curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
  ::curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, onSocket);
  ::curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  ::curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, onTimer);
  ::curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
}

bool TransferLoop::add(CURL* handle) {
  return epoll_ && multi_ != nullptr && ::curl_multi_add_handle(multi_.get(), handle) == CURLM_OK;
}

void TransferLoop::remove(CURL* handle) {
  ::curl_multi_remove_handle(multi_.get(), handle);
}

int TransferLoop::onSocket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  const int ready = static_cast<TransferLoop*>(self)->epoll_.get();
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(ready, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{.events = eventsOf(what), .data = {.fd = socket}};
  const bool isWatched =
      ::epoll_ctl(ready, EPOLL_CTL_MOD, socket, &event) == 0 || ::epoll_ctl(ready, EPOLL_CTL_ADD, socket, &event) == 0;
  return isWatched ? 0 : -1;  // -1 ends the transfers with an error
}

int TransferLoop::onTimer(CURLM*, long milliseconds, void* self) {
  auto& timer = static_cast<TransferLoop*>(self)->timer_;
  timer = milliseconds < 0 ? std::nullopt : std::optional(now() + std::chrono::milliseconds(milliseconds));
  return 0;
}

bool TransferLoop::workOnTimer() {
  if (!timer_ || *timer_ > now()) return false;
  timer_.reset();
  int running = 0;
  ::curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  return true;
}

bool TransferLoop::workOnSockets() {
  std::array<epoll_event, kSocketsAtOnce> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), kSocketsAtOnce, 0);
  int running = 0;
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    ::curl_multi_socket_action(multi_.get(), event.data.fd, readinessOf(event.events), &running);
  }
  return count > 0;
}

void TransferLoop::work() {
  if (multi_ == nullptr) return;
  for (int round = 0; round < kMaxRounds; ++round) {
    const bool hadTimer = workOnTimer();
    if (!workOnSockets() && !hadTimer) return;
  }
}

bool TransferLoop::wait(BootTime until, Wake* wake) {
  if (timer_) until = std::min(until, *timer_);
  std::array<pollfd, 2> events{{{epoll_.get(), POLLIN, 0}, {wake != nullptr ? wake->descriptor() : -1, POLLIN, 0}}};
  ::poll(events.data(), events.size(), millisecondsUntil(until));
  return events[1].revents != 0;
}

std::optional<TransferLoop::Ended> TransferLoop::nextEnded() {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return Ended{message->easy_handle, message->data.result};
  }
  return std::nullopt;
}

}  // namespace leptir::aws
