#include "broker/task_match.h"

#include "broker/filter_parts.h"
#include "task/envelope.h"

namespace leptir::broker {
namespace {

bool matchesDue(Time due, const TaskFilter& filter) {
  return (!filter.dueFrom || due >= *filter.dueFrom) && (!filter.dueBefore || due < *filter.dueBefore);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool hasReason(const ComparedTask& task, const TaskFilter& filter) {
  if (filter.reasonContains.empty()) return true;
  return task.state == TaskState::Buried && contains(task.reason, filter.reasonContains);
}

}  // namespace

// Compares the name last, because only that comparison decodes the envelope.
bool matches(const ComparedTask& task, const TaskFilter& filter) {
  if (filter.state && task.state != *filter.state) return false;
  if (!task.id.starts_with(filter.idPrefix) || !matchesDue(task.due, filter) || !hasReason(task, filter)) return false;
  return filter.name.empty() || hasName(task.envelope, filter.name);
}

// JSON can write a name in other bytes only with a backslash, so most envelopes of other tasks need not be decoded.
bool hasName(std::string_view envelope, std::string_view name) {
  const auto wanted = withoutBackslash(name);
  if (!contains(envelope, wanted) && !contains(envelope, "\\")) return false;
  const auto head = task::decodeEnvelope(envelope);
  return head && head->name == wanted;
}

}  // namespace leptir::broker
