// For tests: listens on a unix socket in place of a redis-server; a function of the test answers each client.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "base/unique_fd.h"
#include "leptir/spi/wake.h"
#include "tests/support/temp_dir.h"

namespace leptir {

// The server's end of one connection. Reads return early when the client closes it or the test ends.
class FakePeer {
 public:
  FakePeer(base::UniqueFd descriptor, Wake& end) : descriptor_(std::move(descriptor)), end_(end) {}

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Receives up to and including `word` and returns that; returns all received bytes if the connection ends before.
  std::string receive(std::string_view word) {
    while (received_.find(word) == std::string::npos) {
      if (!receiveMore()) return std::exchange(received_, {});
    }
    const auto end = received_.find(word) + word.size();
    auto part = received_.substr(0, end);
    received_.erase(0, end);
    return part;
  }
  std::size_t receiveBytes(std::size_t count) {
    while (received_.size() < count && receiveMore()) {
    }
    return received_.size();
  }
  // Answers HELLO and PING, with which each client begins.
  void answerGreeting() {
    receive("PING\r\n");
    send("*0\r\n+PONG\r\n");
  }
  // Receives and drops bytes until the client closes the connection or the test ends.
  void receiveUntilClosed() {
    while (receiveMore()) received_.clear();
  }

 private:
  bool receiveMore() {
    pollfd waiting[2] = {{descriptor_.get(), POLLIN, 0}, {end_.descriptor(), POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0 || waiting[1].revents != 0) return false;
    char bytes[65536];
    const auto received = ::recv(descriptor_.get(), bytes, sizeof bytes, 0);
    if (received > 0) received_.append(bytes, static_cast<std::size_t>(received));
    return received > 0;
  }

  base::UniqueFd descriptor_;
  Wake& end_;
  std::string received_;
};

class FakeRedis {
 public:
  using Part = std::function<void(FakePeer&)>;

  // Accepts one client after the other in a thread of its own and calls `part` for each.
  explicit FakeRedis(Part part) : part_(std::move(part)), listener_(listenAt(socket())), thread_([this] { work(); }) {}
  ~FakeRedis() {
    end_.ring();
    thread_.join();
  }

  std::string socket() const { return folder_ / "fake.sock"; }
  int clients() const { return clients_; }

 private:
  static base::UniqueFd listenAt(const std::string& path) {
    base::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener.get(), 16) != 0)
      throw std::runtime_error("cannot listen at " + path);
    return listener;
  }

  void work() {
    while (true) {
      pollfd waiting[2] = {{listener_.get(), POLLIN, 0}, {end_.descriptor(), POLLIN, 0}};
      ::poll(waiting, 2, -1);
      if (waiting[1].revents != 0) return;
      ++clients_;
      FakePeer peer(base::UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), end_);
      part_(peer);
    }
  }

  TempDir folder_;
  Part part_;
  Wake end_;
  base::UniqueFd listener_;
  std::atomic<int> clients_ = 0;
  std::thread thread_;  // last, because the thread uses all other members
};

}  // namespace leptir
