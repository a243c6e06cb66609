// Stands between a client and a server as a network would, both on unix sockets, and fails as one does: on demand.
#pragma once

#include <atomic>
#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace leptir {

// Any thread may say what happens from now on.
class LinkProxy {
 public:
  // Listens at `here`; connects each client to `server`.
  LinkProxy(std::filesystem::path here, std::filesystem::path server);
  ~LinkProxy();
  LinkProxy(const LinkProxy&) = delete;
  LinkProxy& operator=(const LinkProxy&) = delete;

  const std::filesystem::path& path() const { return here_; }

  // Nothing passes any more, in neither direction; connections stay open and new ones are accepted: a partition, a
  // server that hangs.
  void freeze() { frozen_ = true; }
  // What was held back goes on its way.
  void thaw() { frozen_ = false; }
  // Ends all connections, each with what it had under way. New ones are accepted.
  void cut() { ++cuts_; }
  // How many connections clients have opened so far.
  int connections() const { return connections_; }

 private:
  // One direction of a connection: what was read and not yet written.
  struct Way {
    int from = -1, to = -1;
    std::string held;
    bool over = false;  // its source sends nothing more
  };
  struct Pair {
    UniqueFd client, server;
    Way there, back;
    bool broken = false;
  };

  void work(const std::stop_token& stop);
  void waitForSome();
  void accept();
  static void pass(Way& way, Pair& pair);

  const std::filesystem::path here_, server_;
  std::atomic<bool> frozen_{false};
  std::atomic<int> cuts_{0}, connections_{0};
  UniqueFd listener_;
  std::list<Pair> pairs_;  // its thread's
  std::jthread thread_;
};

}  // namespace leptir
