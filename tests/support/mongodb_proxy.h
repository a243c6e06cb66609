// For tests: a proxy between a driver and a MongoDB server that understands what passes through it. It fails as a
// server or a network does, where the test says so, and can present the server as a member of a replica set.
#pragma once

#include <atomic>
#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "leptir/json.h"
#include "tests/support/mongodb_fault.h"
#include "tests/support/mongodb_hello.h"
#include "tests/support/mongodb_message.h"
#include "tests/support/mongodb_retries.h"
#include "tests/support/mongodb_server.h"
#include "tests/support/mongodb_traffic.h"

namespace leptir {

// Its functions may be called from any thread. Connections are those of drivers without TLS and compression; each has a
// thread.
class MongodbProxy {
 public:
  // Listens on a port of 127.0.0.1 and connects each client to the server. Proxies that are members of one replica set
  // share `retries`.
  explicit MongodbProxy(const MongodbServer& server,
                        std::shared_ptr<MongodbRetries> retries = std::make_shared<MongodbRetries>());
  ~MongodbProxy();
  MongodbProxy(const MongodbProxy&) = delete;
  MongodbProxy& operator=(const MongodbProxy&) = delete;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // The address for clients. It names the replica set, if one is announced.
  std::string uri(const std::string& options = "") const;

  // Lets the next of these commands fail. Faults for the same command take effect in the order of their injection: one
  // that still skips commands, or is done, leaves a command to the next.
  void inject(const MongodbCommands& commands, const MongodbFault& fault) { faults_.inject(commands, fault); }
  // Removes all faults that are left.
  void heal() { faults_.clear(); }
  // How many faults have taken effect so far.
  int faults() const { return faults_.taken(); }

  // Presents the server as a member of a replica set, to connections that are open as well. Drivers then retry writes;
  // the proxy answers a retry as a server does: a write that was applied is not applied again.
  void announce(const MongodbHello& hello);
  const MongodbRetries& retries() const { return *retries_; }

  // Closes all connections. New ones are accepted.
  void cut();
  // Closes all connections, and new ones at once, until the server is back.
  void leave();
  void comeBack();
  // From now on carries nothing in either direction, but keeps connections open and accepts new ones: like a network
  // partition. thaw() carries again, first what was held back.
  void freeze();
  void thaw();
  // How many commands and replies are held back now.
  int heldBack() const;

  // The commands that clients have sent, by name; since the start, or the last forget().
  int count(const std::string& command) const;
  std::map<std::string, int> counts() const { return traffic_.counts(); }
  // All commands but those that a driver sends by itself (hello, ping, saslStart, endSessions, …).
  int roundTrips() const;
  // Each of the commands with this name as relaxed extended JSON, document sequences as lists under their names.
  std::vector<Json> received(const std::string& command) const { return traffic_.received(command); }
  void forget() { traffic_.forget(); }

 private:
  struct Connection {
    base::UniqueFd client, server;
    std::atomic<bool> isOver{false};
    std::jthread thread;  // last: it uses all above
  };

  void acceptAll(const std::stop_token& stop);
  void serve(Connection& connection);
  // Each returns false when the connection is to be closed.
  bool pass(Connection& connection, MongodbMessage& request);
  bool perform(Connection& connection, const MongodbFault& fault, const MongodbMessage& request);
  bool answer(Connection& connection, const MongodbMessage& request, MongodbMessage reply,
              const std::optional<MongodbFault>& fault);
  // Asks the server, or the memory of retryable writes. Empty: the server gave no reply.
  std::optional<MongodbMessage> ask(Connection& connection, MongodbMessage& request);

  std::optional<MongodbHello> announced() const;
  bool waitUntilClosed(const Connection& connection, std::chrono::milliseconds limit) const;
  void waitWhileFrozen();
  void removeEnded();

  const std::string serverHost_, serverUri_;
  const int serverPort_;
  std::shared_ptr<MongodbRetries> retries_;
  base::UniqueFd listener_;
  int port_ = 0;
  std::atomic<bool> isEnding_{false};
  MongodbFaults faults_;
  MongodbTraffic traffic_;
  mutable std::mutex mutex_;  // for all below
  std::condition_variable thawed_;
  bool isAway_ = false, isFrozen_ = false;
  int heldBack_ = 0;
  std::optional<MongodbHello> hello_;
  std::list<Connection> connections_;
  std::jthread accepter_;
};

// Presents the proxies as one replica set, whose primary is the one with this index. Drivers learn of it at their next
// hello, or at the next error that says so.
void announceReplicaSet(const std::vector<MongodbProxy*>& members, std::size_t primary);

}  // namespace leptir
