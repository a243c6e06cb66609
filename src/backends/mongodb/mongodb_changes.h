// Wakes a session that waits for tasks when another process has pushed one or given one back: a change stream, read by
// a thread of its own with a connection of its own. It only makes waits shorter: whoever waits looks by itself as well.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "backends/mongodb/mongodb_pool.h"
#include "leptir/clock.h"
#include "leptir/spi/wake.h"

namespace leptir::mongodb {

class MongodbChanges {
 public:
  // Begins to watch the collection of tasks.
  MongodbChanges(std::shared_ptr<MongodbPool> pool, std::string collection);
  // Takes half a second at most.
  ~MongodbChanges() = default;
  MongodbChanges(const MongodbChanges&) = delete;
  MongodbChanges& operator=(const MongodbChanges&) = delete;

  // False: the stream does not work now, so that the session must look often.
  bool isWatching() const { return isWatching_; }
  // Readable when a task may have become due. `clear` returns whether it was.
  int descriptor() const { return bell_.descriptor(); }
  bool clear() { return bell_.clear(); }

 private:
  enum class Ended { Stopped, ForNow, ForGood };
  void run(const std::stop_token& stop);
  Ended watch(mongoc_client_t* client, const std::stop_token& stop);

  std::shared_ptr<MongodbPool> pool_;
  const std::string collection_;
  std::atomic<bool> isWatching_{false};
  Wake bell_;
  Wake stopping_;
  std::jthread thread_;  // last: it uses all above
};

}  // namespace leptir::mongodb
