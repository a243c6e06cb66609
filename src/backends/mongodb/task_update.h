// Updates of tasks' documents as pipelines, in which texts are literals: no text of a task is read as an expression.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mongodb/bson.h"
#include "backends/mongodb/task_document.h"
#include "leptir/spi/broker_task.h"

namespace leptir::mongodb {

class TaskUpdate {
 public:
  TaskUpdate& set(std::string_view field, std::string_view text);
  TaskUpdate& set(std::string_view field, std::int64_t number);
  TaskUpdate& set(std::string_view field, Time date);  // cut to kMaxTimeSpan from 1970
  TaskUpdate& compute(std::string_view field, const Document& expression);
  TaskUpdate& unset(std::string_view field);
  // Counters that are zero are not kept.
  TaskUpdate& set(const Counters& counters);

  // `state`, without what only a leased task has.
  static TaskUpdate endLease(const char* state);

  std::vector<Document> pipeline() const;

 private:
  Document set_;
  std::vector<std::string> unset_;
};

// For MongodbClient::updateAll.
Document updateStatement(const Document& filter, const TaskUpdate& update);

// A filter for the task while it is leased under this number by this session.
Document heldFilter(const LeaseId& lease, std::string_view session);

// Whether `handle` names a document; callers may have any.
bool isHandle(std::string_view handle);
// The fields of both documents.
Document merged(const Document& one, const Document& other);

// The text as a document can hold it: bytes that are not UTF-8 are escaped.
std::string utf8OrEscaped(std::string_view text);
// The time as a document can hold it: at most kMaxTimeSpan from 1970.
Time storableTime(Time time);

// A value for filters and expressions: {`operation`: `value`}.
template <class T>
Document op(std::string_view operation, const T& value) {
  return Document().add(operation, value);
}
// {`operation`: [the `_id`s]}
Document ids(std::string_view operation, std::span<const std::string> handles);

}  // namespace leptir::mongodb
