// Finds the due tasks that a session may lease, and when the next one will be due (README.md, "Leasing").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/mongodb/mongodb_adoption.h"
#include "backends/mongodb/mongodb_queue.h"

namespace leptir::mongodb {

// The tasks that one search for due tasks has found.
struct DueTasks {
  std::vector<std::string> handles{};
  std::vector<std::size_t> bytes{};  // of each document
  std::uint64_t lastNumber = 0;      // the largest lease number among them
  bool isComplete = true;            // false: the next search may find more
};

// One thread at a time. `now`: the server's time.
class MongodbDueSearch {
 public:
  // `queue` and `adoption` must outlive this object. `session`: sessionName().
  MongodbDueSearch(MongodbQueue& queue, MongodbAdoption& adoption, std::string session)
      : queue_(queue), adoption_(adoption), session_(std::move(session)) {}

  // The first that are due: at most `limit`, and none after those that have more than `mostBytes` together. Documents
  // that no lease could mark are repaired, and found in their new form by the next search.
  MongodbResult<DueTasks> find(std::size_t limit, std::size_t mostBytes, Time now);
  // When the next task is due; nothing: none waits.
  MongodbResult<std::optional<Time>> nextDue(Time now);

  // Finds the tasks that are due and not left to other sessions.
  Document dueFilter(Time now) const;
  // The same without the documents that are left alone.
  Document searchFilter(Time now) const;
  static Document order();

  // The session leaves tasks to others from now on, so that searches must look for that.
  void noteLeftToOthers() { leavesTasksToOthers_ = true; }

 private:
  MongodbResult<std::vector<Document>> findDocuments(std::size_t limit, std::size_t mostBytes, Time now);
  bool serverHasBsonSize() const;
  std::size_t sizeOf(DocumentView found) const;

  MongodbQueue& queue_;
  MongodbAdoption& adoption_;
  const std::string session_;
  bool leavesTasksToOthers_ = false;
};

}  // namespace leptir::mongodb
