// The backends that every row runs on. A new one is one line in the .cc.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/link_proxy.h"

namespace leptir::chaos {

// A server that a store needs, and the way there: what rows do to it.
class StoreServer {
 public:
  virtual ~StoreServer() = default;

  virtual void stop() = 0;   // as an operator does
  virtual void start() = 0;  // again, with what it has on disk
  virtual void kill() = 0;   // SIGKILL
  // From now on it may use so many bytes more than it does.
  virtual void limitMemory(std::size_t more) = 0;
  // From now on it says that it may not write, or that it is busy, whatever it is asked; until it serves again.
  enum class Refusal { MayNotWrite, IsBusy };
  virtual void refuse(Refusal how) = 0;
  virtual void serveAgain() = 0;
  // Requests that it refused so far; to be asked while it serves.
  virtual long refused() = 0;
  // All of ours passes here.
  virtual LinkProxy& link() = 0;
};

// Made for one row, gone after it.
struct Store {
  // What stands in the configuration as one broker and as one meta storage; and of a second store, which does not lie
  // beside the first.
  std::string here, elsewhere;
  std::shared_ptr<StoreServer> server;  // that had to be started for it, if any; it ends with the row
  std::string direct;                   // the first store, past the link
};

struct Backend {
  std::string name;
  // For a row whose files lie in this folder. Called before the row's environment stands, by which it finds processes
  // that outlived their instance: a server is none.
  std::function<Store(const std::filesystem::path& folder)> open;
  // After how many seconds sessions expire that nobody renews; zero: they live as long as their processes.
  int lease = 0;

  friend void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }
};

std::vector<Backend> chaosBackends();
// Of those, the ones whose store is a server.
std::vector<Backend> chaosServers();

}  // namespace leptir::chaos
