// Adds tasks to a queue: an unordered insert, repeated for the documents of which it is unknown whether they are there.
#pragma once

#include <span>
#include <vector>

#include "backends/mongodb/mongodb_adoption.h"
#include "backends/mongodb/mongodb_queue.h"
#include "backends/mongodb/repeated.h"
#include "leptir/result.h"
#include "leptir/spi/encoded_task.h"

namespace leptir::mongodb {

// The largest envelope that is pushed. The server's limit of 16 MiB is that of a document, which also has leptir's
// fields.
inline constexpr std::size_t kLargestEnvelope = kMaxEnvelopeBytes - std::size_t{64} * 1024;

// One thread at a time.
class MongodbPush {
 public:
  // `queue` and `adoption` must outlive this object.
  MongodbPush(MongodbQueue& queue, MongodbAdoption& adoption)
      : queue_(queue), client_(*queue.client), adoption_(adoption) {}

  // As SimpleBroker::pushEncodedTasks.
  Result<void> push(std::span<const EncodedTask> tasks);

 private:
  // A task that is not known to be in the queue yet.
  struct Pending {
    const EncodedTask* task = nullptr;
    Time due{};
    Time order{};  // the time in its `_id`: `due`, or microseconds later, as no other task of the list has it
    int tries = 0;
  };
  struct Batch {
    std::vector<Pending> tasks{};
    std::vector<Document> documents{};  // of the tasks, in their order
  };

  MongodbResult<void> adopt();
  std::vector<Pending> distinctById(std::span<const EncodedTask> tasks, Time now);
  Result<Batch> makeDocuments(std::span<const Pending> tasks) const;
  MongodbResult<void> insertUntilKnown(Batch& batch, Attempts& attempts);
  MongodbResult<void> insert(Batch& batch);
  MongodbResult<void> dropKnown(Batch& batch);
  MongodbResult<void> resolveDuplicates(Batch duplicates, Batch& left);
  static void append(Batch some, Batch& to);
  // `isKnown`: none of the tasks is in the queue; else they may be.
  static Error notAdded(const Batch& batch, bool isKnown, const MongodbError& why);

  MongodbQueue& queue_;
  MongodbClient& client_;
  MongodbAdoption& adoption_;
  Time lastImmediateDue_{};  // the time in the `_id` of the last task that was due at once
};

}  // namespace leptir::mongodb
