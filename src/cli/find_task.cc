#include "cli/find_task.h"

namespace leptir::cli {
namespace {

bool isMissing(const Result<Json>& answer) {
  return !answer && answer.error().code() == ErrorCode::NotFound;
}

}  // namespace

Result<Json> findTask(const TaskLookup& recorded, const TaskLookup& waiting) {
  auto record = recorded();
  if (record) return record;
  auto entry = waiting();
  if (entry) return entry;
  if (!isMissing(record)) return record;
  if (!isMissing(entry)) return entry;
  record = recorded();
  return isMissing(record) ? entry : record;
}

}  // namespace leptir::cli
