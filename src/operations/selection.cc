#include "operations/selection.h"

#include <algorithm>
#include <utility>

#include "base/task_names.h"
#include "base/time_parser.h"
#include "base/time_text.h"
#include "leptir/task_record.h"
#include "meta/record_keys.h"
#include "task/envelope.h"

namespace leptir::operations {
namespace {

namespace key = meta::key;

std::string textIn(const Json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Time> timeIn(const Json& record, const char* name) {
  const auto found = record.find(name);
  if (found == record.end() || !found->is_number()) return std::nullopt;
  return timeFromUnixSeconds(found->get<double>());
}

int numberIn(const Json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_number_integer() ? found->get<int>() : 0;
}

// When its last run ended; of a record of PHP leptir: when it began, which is all that such a record tells.
Time endTimeOf(const Json& record) {
  if (const auto ended = timeIn(record, key::kEnded)) return *ended;
  const auto started = record.find(key::kStarted);
  if (started == record.end() || !started->is_object()) return {};
  auto date = textIn(*started, "date");
  std::ranges::replace(date, ' ', 'T');
  return base::parseRfc3339(date + "Z").value_or(Time());
}

std::string firstLineOf(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

Result<void> check(const TaskSelection& selection) {
  if (!selection.idPrefix.empty()) {
    if (auto valid = base::checkTaskId(selection.idPrefix); !valid) return valid;
  }
  if (selection.since && selection.until && *selection.since >= *selection.until)
    return Error(ErrorCode::Invalid, "the time " + base::timeText(*selection.since) +
                                         ", since which tasks are asked for, "
                                         "is not before " +
                                         base::timeText(*selection.until));
  return {};
}

bool asksQueues(const TaskSelection& selection) {
  return (!selection.state || isInQueue(*selection.state)) && selection.cause.empty();
}

bool asksRecords(const TaskSelection& selection) {
  return (!selection.state || !isInQueue(*selection.state)) && selection.broker.empty() &&
         selection.reasonContains.empty();
}

TaskFilter taskFilterOf(const TaskSelection& selection, std::optional<ListOrder> order) {
  TaskFilter filter{.name = selection.name,
                    .idPrefix = selection.idPrefix,
                    .dueFrom = selection.since,
                    .dueBefore = selection.until,
                    .reasonContains = selection.reasonContains,
                    .order = order.value_or(ListOrder::EarliestFirst)};
  if (selection.state) filter.state = taskStateOf(*selection.state);
  return filter;
}

MetaFilter metaFilterOf(const TaskSelection& selection, std::optional<ListOrder> order) {
  return withStoredCause({.name = selection.name,
                          .cause = selection.cause,
                          .status = TaskStatus::Completed,
                          .idPrefix = selection.idPrefix,
                          .savedFrom = selection.since,
                          .savedBefore = selection.until,
                          .order = order.value_or(ListOrder::LatestFirst)});
}

bool endedAsSelected(const TaskSelection& selection, const Json& record) {
  return isOver(record) && (!selection.state || endStateOf(record) == *selection.state) &&
         exitedWith(exitStatusIn(selection.cause), record);
}

ListedState endStateOf(const Json& record) {
  if (hasSucceeded(record)) return ListedState::Done;
  return textIn(record, key::kCause) == nameOf(Cause::Cancelled) ? ListedState::Cancelled : ListedState::Failed;
}

std::optional<ExitStatus> exitStatusIn(std::string_view cause) {
  for (const auto status : {ExitStatus::Success, ExitStatus::Warning, ExitStatus::Error, ExitStatus::Unknown,
                            ExitStatus::TimeLimitExceeded}) {
    if (cause == nameOf(status)) return status;
  }
  return std::nullopt;
}

bool exitedWith(std::optional<ExitStatus> status, const Json& record) {
  return !status || (textIn(record, key::kCause) == nameOf(Cause::Finished) &&
                     numberIn(record, key::kReturnCode) == static_cast<int>(*status));
}

MetaFilter withStoredCause(MetaFilter filter) {
  if (exitStatusIn(filter.cause)) filter.cause = nameOf(Cause::Finished);
  return filter;
}

ListedTask listedTaskOf(FoundTask found, const std::string& broker) {
  ListedTask task{.id = std::move(found.id), .state = listedStateOf(found.state), .broker = broker};
  task.time = found.due;
  task.counters = found.counters;
  task.attempts = found.counters.lastAttempt();
  task.reason = std::move(found.reason);
  if (const auto head = task::decodeEnvelope(found.envelope)) {
    task.name = head->name;
    task.pushed = head->pushedAt;
    task.expires = head->expires;
  }
  task.envelope = std::move(found.envelope);
  return task;
}

ListedTask listedTaskOf(Json record) {
  ListedTask task{.id = textIn(record, key::kId), .name = textIn(record, key::kType)};
  task.state = endStateOf(record);
  task.time = endTimeOf(record);
  task.attempts = numberIn(record, key::kAttempt);
  task.reason = firstLineOf(textIn(record, key::kResponse));
  task.pushed = timeIn(record, key::kPushed);
  task.envelope = textIn(record, key::kEnvelope);
  task.record = std::move(record);
  return task;
}

}  // namespace leptir::operations
