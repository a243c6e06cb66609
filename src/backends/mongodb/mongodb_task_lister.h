// Lists the tasks of a queue page after page: the waiting ones and then the leased ones by (due, _id), then the buried
// ones in the order of their burials. (README.md, "Lists".)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mongodb/list_position.h"
#include "backends/mongodb/mongodb_queue.h"
#include "broker/filter_parts.h"
#include "leptir/spi/task_list.h"
#include "leptir/task_filter.h"

namespace leptir::mongodb {

// One call of TaskKeeper::list. The server finds tasks by state and due time; the rest of a filter is compared here, so
// that a call reads a bounded number of documents, and of those that do not match only the compared fields.
class MongodbTaskLister {
 public:
  // `queue` and `filter` must outlive this object.
  MongodbTaskLister(MongodbQueue& queue, const TaskFilter& filter, std::size_t limit);

  Result<TaskList> list(std::string_view cursor);

 private:
  using Part = broker::QueuePart;

  bool isFull() const;
  void goToNextPart();
  MongodbResult<void> readPart();
  std::vector<Document> filters() const;
  std::vector<Document> filtersByDue() const;
  Document dueRange() const;
  Document dueRangeLatestFirst(std::int64_t least) const;
  std::optional<Time> latestDue() const;
  bool isLatestFirst() const { return filter_.order == ListOrder::LatestFirst; }
  MongodbResult<std::vector<Document>> readStep();
  MongodbResult<void> addMatching(const std::vector<Document>& documents);
  MongodbResult<std::vector<std::optional<FoundTask>>> wholeTasks(std::span<const Document* const> documents);
  void advancePast(DocumentView document);
  bool mayMatch(DocumentView document) const;

  MongodbQueue& queue_;
  MongodbClient& client_;
  const TaskFilter& filter_;
  const std::size_t limit_;
  const bool comparesHere_;  // the filter has fields that the server does not compare
  Time now_{};
  std::optional<ListPosition> at_;  // none: there are no more tasks
  TaskList list_;
  std::size_t bytes_ = 0;  // of the envelopes in list_
};

}  // namespace leptir::mongodb
