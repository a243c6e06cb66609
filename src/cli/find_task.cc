#include "cli/find_task.h"

namespace leptir {
namespace {

bool isMissing(const Result<Json>& answer) {
  return !answer && answer.error().code() == ErrorCode::NotFound;
}

}  // namespace

Result<Json> findTask(const AskForTask& recorded, const AskForTask& waiting) {
  auto record = recorded();
  if (record) return record;
  auto place = waiting();
  if (place) return place;
  if (!isMissing(record)) return record;
  return isMissing(place) ? recorded() : place;
}

}  // namespace leptir
