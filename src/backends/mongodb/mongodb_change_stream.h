// Wakes what waits for changes of a collection: a session when another process has pushed a task or given one back, a
// process when a record was saved. A change stream, read by a thread of its own with a connection of its own. It only
// makes waits shorter: a thread that waits also looks at the collection by itself.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "backends/mongodb/bson.h"
#include "backends/mongodb/mongodb_pool.h"
#include "leptir/clock.h"
#include "leptir/spi/wake.h"

namespace leptir::mongodb {

// Pipelines of change streams, as {pipeline: […]}: new tasks, and those that wait again, but not the leases of others;
// records of tasks that are over.
Document taskChangesPipeline();
Document recordChangesPipeline();

class MongodbChangeStream {
 public:
  // Begins to watch the collection.
  MongodbChangeStream(std::shared_ptr<MongodbPool> pool, std::string collection,
                      Document pipeline = taskChangesPipeline());
  // Takes half a second at most.
  ~MongodbChangeStream() = default;
  MongodbChangeStream(const MongodbChangeStream&) = delete;
  MongodbChangeStream& operator=(const MongodbChangeStream&) = delete;

  // False: the stream does not work now, so that the session must look often.
  bool isWatching() const { return isWatching_; }
  // Readable when there may have been such a change. `clear` returns whether it was.
  int descriptor() const { return bell_.descriptor(); }
  bool clear() { return bell_.clear(); }

 private:
  enum class Ended { Stopped, ForNow, ForGood };
  void run(const std::stop_token& stop);
  Ended watch(mongoc_client_t* client, const std::stop_token& stop);

  std::shared_ptr<MongodbPool> pool_;
  const std::string collection_;
  const Document pipeline_;
  std::atomic<bool> isWatching_{false};
  Wake bell_;
  Wake stopping_;
  std::jthread thread_;  // last: it uses all above
};

}  // namespace leptir::mongodb
