// The libmongoc pool of a process for one address. libmongoc is initialized when the first one is made, which is after
// the fork; nothing of libmongoc is cleaned up in a process that did not make it.
#pragma once

#include <mongoc/mongoc.h>

#include <chrono>
#include <memory>

#include "backends/mongodb/mongodb_address.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// Any thread.
class MongodbPool {
 public:
  // Invalid: libmongoc does not take the address (an unknown option, an unreadable certificate).
  // `timeLasts`: how long an answer about the server's time is counted on from; zero for tests on a server whose clock
  // stands still.
  static Result<std::shared_ptr<MongodbPool>> open(MongodbAddress address,
                                                   Duration timeLasts = std::chrono::minutes(1));
  ~MongodbPool();
  MongodbPool(const MongodbPool&) = delete;
  MongodbPool& operator=(const MongodbPool&) = delete;

  const MongodbAddress& address() const { return address_; }
  Duration timeLasts() const { return timeLasts_; }
  mongoc_client_t* pop();  // waits for a client if all are in use (there are as many as threads need)
  void push(mongoc_client_t* client);

 private:
  MongodbPool(MongodbAddress address, mongoc_client_pool_t* pool, Duration timeLasts);

  MongodbAddress address_;
  Duration timeLasts_;
  mongoc_client_pool_t* pool_;
};

}  // namespace leptir::mongodb
