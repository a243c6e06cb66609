// The backends on which every fault test runs. A new backend is one line in the .cc.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace leptir::chaos {

// The server of a store, the connection to it, and the faults that tests inject into both.
class StoreServer {
 public:
  virtual ~StoreServer() = default;

  virtual void stop() = 0;   // an orderly stop
  virtual void start() = 0;  // starts it again with the data on its disk
  virtual void kill() = 0;   // SIGKILL
  // Limits its memory to what it uses now plus `more` bytes. Only for backends that Backend::canFillUp names.
  virtual void limitMemory(std::size_t more) = 0;
  // From now on the server answers every request with an error: it is read-only, or busy with a script. Ends with
  // serveAgain().
  enum class Refusal { MayNotWrite, IsBusy };
  virtual void refuse(Refusal how) = 0;
  virtual void serveAgain() = 0;
  // The number of requests that the server has refused so far. Call it only while it serves.
  virtual long refused() = 0;
  // The network between leptir and the server: from now on it carries nothing, but keeps connections open and accepts
  // new ones, until it carries again, first what it held back.
  virtual void partition() = 0;
  virtual void heal() = 0;
};

// A store that is made for one test and removed after it.
struct Store {
  // Keys of the configuration, for a broker or a meta storage: of the store of the test, and of a second store in
  // another place.
  std::string here, elsewhere;
  std::shared_ptr<StoreServer> server;  // the server of the store, or null; it ends with the test
  std::string direct;                   // the store of the test, without the proxy
  std::string recordsElsewhere{};       // where records are kept, if the store of the test keeps none
  std::function<bool()> isLocked{};     // for a store in a file: whether a process keeps all others from writing to it

  const std::string& records() const { return recordsElsewhere.empty() ? here : recordsElsewhere; }
};

struct Backend {
  std::string name;
  // Makes a store with its files in this folder. Called before the test sets the environment variable by which it finds
  // processes that outlive their instance, so that it does not find the server.
  std::function<Store(const std::filesystem::path& folder)> open;
  // Seconds after which a session expires that is not renewed; 0: sessions live as long as their processes.
  int lease = 0;
  bool canFillUp = false;  // its server can be given a limit of memory
  // For so long it may refuse all requests, and no lease is lost.
  std::chrono::milliseconds refusal{2000};
  // What its session has leased stays there when the process ends: an instance that starts again finds it.
  bool keepsSessions = true;
  bool keepsFleet = true;  // operators can give orders to its instances
  bool findsById = true;   // a task that waits is found by its id; else only records and counts tell what became of it

  friend void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }
};

std::vector<Backend> chaosBackends();
// The backends whose store is a server.
std::vector<Backend> chaosServers();

}  // namespace leptir::chaos
