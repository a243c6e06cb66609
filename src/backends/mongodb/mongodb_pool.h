// The libmongoc pool of a process for one address: its connections, and the threads that watch the servers.
#pragma once

#include <mongoc/mongoc.h>

#include <chrono>
#include <memory>

#include "backends/mongodb/mongodb_address.h"
#include "base/fork_detector.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// Any thread. A pool belongs to the process that opened it: in a forked child it gives no client, and is not cleaned
// up, since its threads exist only in the parent.
class MongodbPool {
 public:
  // Connects to nothing yet; the first client starts the threads. Invalid: libmongoc does not take the address, or a
  // file of a certificate cannot be read. Unavailable: DNS does not answer for a `mongodb+srv` address.
  // `clockMaxAge`: how long a reading of the server's clock is used; zero for tests on a server whose clock
  // stands still.
  static Result<std::shared_ptr<MongodbPool>> open(MongodbAddress address,
                                                   Duration clockMaxAge = std::chrono::minutes(1));
  ~MongodbPool();
  MongodbPool(const MongodbPool&) = delete;
  MongodbPool& operator=(const MongodbPool&) = delete;

  const MongodbAddress& address() const { return address_; }
  Duration clockMaxAge() const { return clockMaxAge_; }
  bool isOfThisProcess() const { return process_.isSameProcess(); }

  // A client for one thread, to be given back by push(). Waits while all are in use, at most kMaxWaitMs; null: all
  // are still in use.
  mongoc_client_t* pop();
  void push(mongoc_client_t* client);

 private:
  MongodbPool(MongodbAddress address, mongoc_client_pool_t* pool, Duration clockMaxAge);

  MongodbAddress address_;
  Duration clockMaxAge_;
  mongoc_client_pool_t* pool_;
  base::ForkDetector process_;
};

}  // namespace leptir::mongodb
