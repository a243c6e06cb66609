// The libmongoc pool of a process for one address. libmongoc is initialized when the first one is made, which is after
// the fork; nothing of libmongoc is cleaned up in a process that did not make it.
#pragma once

#include <mongoc/mongoc.h>

#include <memory>

#include "backends/mongodb/mongodb_address.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// Any thread.
class MongodbPool {
 public:
  // Invalid: libmongoc does not take the address (an unknown option, an unreadable certificate).
  static Result<std::shared_ptr<MongodbPool>> open(MongodbAddress address);
  ~MongodbPool();
  MongodbPool(const MongodbPool&) = delete;
  MongodbPool& operator=(const MongodbPool&) = delete;

  const MongodbAddress& address() const { return address_; }
  mongoc_client_t* pop();  // waits for a client if all are in use (there are as many as threads need)
  void push(mongoc_client_t* client);

 private:
  MongodbPool(MongodbAddress address, mongoc_client_pool_t* pool);

  MongodbAddress address_;
  mongoc_client_pool_t* pool_;
};

}  // namespace leptir::mongodb
