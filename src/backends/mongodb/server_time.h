// The server's time, by which a queue decides what is due.
#pragma once

#include <string>

#include "backends/mongodb/mongodb_client.h"
#include "leptir/clock.h"

namespace leptir::mongodb {

// Estimate: MongodbClient::serverTime, without a round trip. Ask: $$NOW in a round trip of its own, for tests on a
// server whose clock stands still until they move it.
enum class TimeSource { Estimate, Ask };

// One thread at a time.
class ServerTime {
 public:
  // `client` must outlive this object. `collection`: any collection of the database.
  ServerTime(MongodbClient& client, std::string collection, TimeSource source)
      : client_(client), collection_(std::move(collection)), source_(source) {}

  // Never later than true.
  MongodbResult<Time> now();

 private:
  MongodbResult<Time> ask();

  MongodbClient& client_;
  const std::string collection_;
  const TimeSource source_;
};

}  // namespace leptir::mongodb
