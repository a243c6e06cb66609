// For tests: an HTTP proxy before the emulator of Amazon SQS that fails as the service or a network does, where the
// test says so, and that looks at the signatures of requests, which the emulator does not.
#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/json.h"
#include "tests/support/http_client.h"
#include "tests/support/http_stream.h"
#include "tests/support/sqs_fault.h"
#include "tests/support/sqs_server.h"
#include "tests/support/sqs_signature.h"

namespace leptir {

// Its functions may be called from any thread. Each connection has a thread.
class SqsProxy {
 public:
  explicit SqsProxy(SqsServer& server);
  ~SqsProxy();
  SqsProxy(const SqsProxy&) = delete;
  SqsProxy& operator=(const SqsProxy&) = delete;

  int port() const { return port_; }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // The address of a queue through this proxy.
  std::string queueAddress(const std::string& name) const { return endpoint() + "/000000000000/" + name; }

  // `action`: SendMessageBatch, …; * for all.
  void inject(const std::string& action, const SqsFault& fault) { faults_.inject(action, fault); }
  // Removes all faults that are left.
  void heal() { faults_.clear(); }
  int faults() const { return faults_.taken(); }  // that have taken effect

  // From now on, requests must be signed with these keys. Before, a request needs any signature whose time is right.
  void requireKeys(const SqsKeys& keys);
  // A message can stay invisible for so long after its receive; at first, and on AWS, 12 h. A handle that a later
  // receive has replaced fails as on AWS: a deletion succeeds and deletes nothing.
  void limitVisibility(Duration limit) { server_.limitVisibility(limit); }
  // The Date headers of answers, and the time that signatures are compared with, are ahead of the machine's clock by
  // this (5 min may differ).
  void shiftClock(Duration by) { shift_ = by.count(); }

  // From now on carries nothing in either direction, but keeps connections open and accepts new ones. thaw() carries
  // again, first what was held back.
  void freeze() { isFrozen_ = true; }
  void thaw();
  void cut();  // closes all connections

  int count(const std::string& action) const;
  int requests() const;                                         // all
  int connections() const { return opened_; }                   // opened so far
  std::vector<Json> received(const std::string& action) const;  // the bodies
  void forget();                                                // the requests that were received so far

 private:
  struct Connection {
    std::optional<HttpStream> client;
    std::optional<HttpClient> server;
    std::atomic<bool> isOver{false};
    std::jthread thread;  // last: it uses all other members
  };
  struct Received {
    std::string action;
    Json body;
  };

  void acceptAll(const std::stop_token& stop);
  void serve(Connection& connection);
  // Each returns false when the connection is to be closed.
  bool pass(Connection& connection, HttpReceived& request);
  bool passWith(const SqsFault& fault, Connection& connection, HttpReceived& request, Json body);
  bool failEntries(const SqsFault& fault, Connection& connection, HttpReceived& request, Json body);
  bool answer(Connection& connection, const HttpReply& reply);

  // Asks the emulator. None: it gave no reply.
  std::optional<HttpReply> ask(Connection& connection, const HttpReceived& request);
  std::string bytesOf(const HttpReply& reply) const;
  std::optional<SqsRefusal> objectionTo(const HttpReceived& request) const;
  Time now() const;
  void wait(const Connection& connection, Duration longest) const;
  void waitWhileFrozen() const;
  void removeEnded();

  SqsServer& server_;
  base::UniqueFd listener_;
  int port_ = 0;
  SqsFaults faults_;
  std::atomic<bool> isFrozen_{false}, isEnding_{false};
  std::atomic<std::int64_t> shift_{0};  // microseconds
  std::atomic<int> opened_{0};
  mutable std::mutex mutex_;  // for all below
  std::optional<SqsKeys> keys_;
  std::vector<Received> received_;
  std::list<Connection> connections_;
  std::jthread accepter_;
};

}  // namespace leptir
