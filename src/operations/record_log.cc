#include "operations/record_log.h"

#include <algorithm>
#include <limits>
#include <string>

#include "meta/record_keys.h"
#include "task/log_text.h"

namespace leptir::operations {
namespace {

namespace key = meta::key;

// Another program may have written any number.
int attemptIn(const Json& run) {
  const auto found = run.is_object() ? run.find(key::kAttempt) : run.end();
  if (!run.is_object() || found == run.end() || !found->is_number_unsigned()) return 0;
  return static_cast<int>(std::min<std::uint64_t>(found->get<std::uint64_t>(), std::numeric_limits<int>::max()));
}

TaskLog logOf(const Json& run) {
  TaskLog log{.attempt = attemptIn(run)};
  const auto found = run.find(key::kLog);
  if (found != run.end() && found->is_string()) task::readLogText(found->get_ref<const std::string&>(), log);
  return log;
}

// Calls `visit` with each run that the record tells of, the oldest first.
template <class Visit>
void forEachRun(const Json& record, Visit visit) {
  if (!record.is_object()) return;
  const auto history = record.find(key::kHistory);
  if (history != record.end() && history->is_array()) {
    for (const auto& run : *history) {
      if (attemptIn(run) > 0) visit(run);
    }
  }
  if (attemptIn(record) > 0) visit(record);
}

}  // namespace

void leaveOutLogs(Json& record) {
  if (!record.is_object()) return;
  record.erase(key::kLog);
  const auto history = record.find(key::kHistory);
  if (history == record.end() || !history->is_array()) return;
  for (auto& run : *history) {
    if (run.is_object()) run.erase(key::kLog);
  }
}

std::vector<int> attemptsOf(const Json& record) {
  std::vector<int> attempts;
  forEachRun(record, [&](const Json& run) { attempts.push_back(attemptIn(run)); });
  return attempts;
}

std::optional<TaskLog> logInRecord(const Json& record, int attempt) {
  std::optional<TaskLog> log;
  forEachRun(record, [&](const Json& run) {
    if (attemptIn(run) == attempt) log = logOf(run);
  });
  return log;
}

}  // namespace leptir::operations
