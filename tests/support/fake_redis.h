// For tests: listens where a redis-server would and does to each client what the test says.
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
#include "leptir/wake.h"
#include "tests/support/temp_dir.h"

namespace leptir {

// The server's side of one connection.
class FakePeer {
 public:
  FakePeer(UniqueFd descriptor, Wake& end) : descriptor_(std::move(descriptor)), end_(end) {}

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // What came, up to and with `word`, or all there is when the client or the test ends.
  std::string hear(std::string_view word) {
    while (heard_.find(word) == std::string::npos) {
      if (!hearMore()) return std::exchange(heard_, {});
    }
    const auto end = heard_.find(word) + word.size();
    auto part = heard_.substr(0, end);
    heard_.erase(0, end);
    return part;
  }
  std::size_t hearBytes(std::size_t count) {
    while (heard_.size() < count && hearMore()) {
    }
    return heard_.size();
  }
  // What a server says to HELLO and PING, which end each greeting.
  void greet() {
    hear("PING\r\n");
    say("*0\r\n+PONG\r\n");
  }
  // Until the client or the test ends.
  void hearOn() {
    while (hearMore()) heard_.clear();
  }

 private:
  bool hearMore() {
    pollfd waiting[2] = {{descriptor_.get(), POLLIN, 0}, {end_.descriptor(), POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0 || waiting[1].revents != 0) return false;
    char bytes[65536];
    const auto received = ::recv(descriptor_.get(), bytes, sizeof bytes, 0);
    if (received > 0) heard_.append(bytes, static_cast<std::size_t>(received));
    return received > 0;
  }

  UniqueFd descriptor_;
  Wake& end_;
  std::string heard_;
};

class FakeRedis {
 public:
  using Part = std::function<void(FakePeer&)>;

  // Plays `part` to one client after the other, in a thread of its own.
  explicit FakeRedis(Part part) : part_(std::move(part)), listener_(listenAt(socket())), thread_([this] { work(); }) {}
  ~FakeRedis() {
    end_.ring();
    thread_.join();
  }

  std::string socket() const { return folder_ / "fake.sock"; }
  int clients() const { return clients_; }

 private:
  static UniqueFd listenAt(const std::string& path) {
    UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
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
      FakePeer peer(UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), end_);
      part_(peer);
    }
  }

  TempDir folder_;
  Part part_;
  Wake end_;
  UniqueFd listener_;
  std::atomic<int> clients_ = 0;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace leptir
