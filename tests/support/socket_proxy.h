// For tests: a proxy between clients and a server on unix sockets that can fail as a network does.
#pragma once

#include <atomic>
#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace leptir {

// Its functions may be called from any thread.
class SocketProxy {
 public:
  // Listens at `here` and connects each client to `server`.
  SocketProxy(std::filesystem::path here, std::filesystem::path server);
  ~SocketProxy();
  SocketProxy(const SocketProxy&) = delete;
  SocketProxy& operator=(const SocketProxy&) = delete;

  const std::filesystem::path& path() const { return here_; }

  // From now on forwards nothing in either direction, but keeps connections open and accepts new ones: like a network
  // partition, or a server that hangs.
  void freeze() { frozen_ = true; }
  // Forwards again, first the bytes that were held back.
  void thaw() { frozen_ = false; }
  // Closes all connections and drops the bytes under way. New connections are accepted.
  void cut() { ++cuts_; }
  // How many connections clients have opened so far.
  int connections() const { return connections_; }

 private:
  // One direction of a connection; `held` are the bytes that were received and not yet sent.
  struct Direction {
    int from = -1, to = -1;
    std::string held;
    bool over = false;  // the sender has closed its end
  };
  struct Pair {
    base::UniqueFd client, server;
    Direction there, back;
    bool broken = false;
  };

  void work(const std::stop_token& stop);
  void waitForSome();
  void accept();
  static void forward(Direction& way, Pair& pair);

  const std::filesystem::path here_, server_;
  std::atomic<bool> frozen_{false};
  std::atomic<int> cuts_{0}, connections_{0};
  base::UniqueFd listener_;
  std::list<Pair> pairs_;  // used by thread_ only
  std::jthread thread_;
};

}  // namespace leptir
