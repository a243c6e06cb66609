// Adoption: documents of other producers get leptir's fields, so that there is one way for all tasks (README.md).
#pragma once

#include <span>

#include "backends/mongodb/mongodb_queue.h"
#include "leptir/clock.h"

namespace leptir::mongodb {

// One thread at a time.
class MongodbAdoption {
 public:
  // `queue` must outlive this object.
  explicit MongodbAdoption(MongodbQueue& queue) : queue_(queue) {}

  // Adopts documents that lack a state, or whose state or due time is none of leptir's; at most a thousand. Returns how
  // many.
  MongodbResult<std::size_t> adoptSome();
  // The same until none is left, but at most 100,000.
  MongodbResult<void> adoptAll();
  // adoptSome(), unless that was done less than half a second ago, or would take more than a fiftieth of the time.
  MongodbResult<std::size_t> adoptFromTimeToTime();
  // Adopts waiting documents that isWellFormed() refuses.
  MongodbResult<std::size_t> repair(std::span<const Document> documents);
  // The server refuses each change of this document: no search looks for it any more, and the log says so.
  void leaveAlone(DocumentView document, const MongodbError& why);

 private:
  enum class WithId { Yes, No };  // whether the id of the task is written into leptir.id
  MongodbResult<std::size_t> findAndAdopt();
  MongodbResult<std::size_t> adopt(std::span<const Document> documents, const Document& filter);
  Document statement(DocumentView document, const Document& filter, Time now, WithId withId, std::string& buriedId);

  MongodbQueue& queue_;
  BootTime next_{};  // of adoptFromTimeToTime()
};

// What adoption and isWellFormed() read of a document.
Document adoptionProjection();
// Whether a document that a search for waiting tasks found has leptir's fields in leptir's form, and an `_id` that a
// lease can name.
bool isWellFormed(DocumentView document);

}  // namespace leptir::mongodb
