#include "operations/pushed_again.h"

#include <fmt/format.h>

#include <utility>

#include "leptir/operations/task_action.h"
#include "meta/record_keys.h"
#include "operations/digest.h"

namespace leptir::operations {
namespace {

constexpr std::string_view kAgainIdPrefix = "again-";

// What differs between two runs of tasks: the lease; PHP leptir writes none.
std::string runKeyOf(const Json& record) {
  if (!record.is_object()) return {};
  auto run = record.value(meta::key::kId, Json()).dump(-1, ' ', false, Json::error_handler_t::replace);
  for (const auto* key : {meta::key::kLease, meta::key::kStarted}) {
    const auto found = record.find(key);
    if (found == record.end()) continue;
    return run + found->dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return run;
}

}  // namespace

std::string againIdOf(const Json& record) {
  const auto run = runKeyOf(record);
  return fmt::format("{}{:016x}{:08x}", kAgainIdPrefix, digestOf(run), digestOf("again " + run) >> 32);
}

Result<std::vector<bool>> PushedAgain::arePushed(std::span<const std::string> againIds) {
  if (!inQueues_) readQueues();
  std::vector<bool> answers(againIds.size());
  for (std::size_t i = 0; i < againIds.size(); ++i) answers[i] = inQueues_->contains(againIds[i]);
  if (againIds.empty() || stores_.records.size() == 0) return answers;
  const auto records = stores_.records.loadMetaInfos(againIds);
  if (!records) return errorOfStore(records.error(), InvalidMeaning::NoRights);
  for (std::size_t i = 0; i < againIds.size(); ++i) answers[i] = answers[i] || (*records)[i].has_value();
  return answers;
}

void PushedAgain::readQueues() {
  inQueues_.emplace();
  for (std::size_t i = 0; i < stores_.queues.size(); ++i) readQueue(i);
}

void PushedAgain::readQueue(std::size_t broker) {
  const TaskFilter filter{.idPrefix = std::string(kAgainIdPrefix)};
  std::string cursor;
  do {
    auto list = askBroker(stores_, broker,
                          [&](SimpleBroker& store) { return store.keeper().list(filter, cursor, kMaxTasksPerSlice); });
    if (!list) return;
    for (auto& task : list->tasks) inQueues_->insert(std::move(task.id));
    cursor = std::move(list->cursor);
  } while (!cursor.empty());
}

}  // namespace leptir::operations
