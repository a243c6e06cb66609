#include "leptir/task_record.h"

#include "leptir/outcome.h"
#include "leptir/spi/meta_info.h"
#include "meta/record_keys.h"

namespace leptir {
namespace {

namespace key = meta::key;

// Whether the record, which any program may have written, has this number under the key.
template <class Enum>
bool has(const Json& record, const char* name, Enum value) {
  const auto found = record.find(name);
  return found != record.end() && *found == static_cast<int>(value);
}

std::string textOf(const Json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string nameOfTask(const Json& record) {
  return "task " + textOf(record, key::kId);
}

// How the run ended: the cause if leptir wrote one that says more than "finished", else the exit status.
std::string causeOrExitStatus(const Json& record) {
  auto cause = textOf(record, key::kCause);
  if (!cause.empty() && cause != nameOf(Cause::Finished)) return cause;
  const auto status = record.find(key::kReturnCode);
  const bool isStatus = status != record.end() && status->is_number_integer();
  return std::string(nameOf(isStatus ? static_cast<ExitStatus>(status->get<int>()) : ExitStatus::Unknown));
}

// "timed_out"; "timed_out, buried".
std::string howItEnded(const Json& record) {
  return causeOrExitStatus(record) + (record.contains(key::kBuried) ? ", buried" : "");
}

}  // namespace

bool isOver(const Json& record) {
  return record.is_object() && !has(record, key::kStep, MetaStep::Running) &&
         !has(record, key::kStatus, TaskStatus::Pending) && !has(record, key::kStatus, TaskStatus::InProgress);
}

bool hasSucceeded(const Json& record) {
  return isOver(record) &&
         (has(record, key::kReturnCode, ExitStatus::Success) || has(record, key::kReturnCode, ExitStatus::Warning));
}

Result<Json> resultOf(const Json& record) {
  if (!isOver(record)) return Error(ErrorCode::TimedOut, nameOfTask(record) + ": is not over yet");
  if (!hasSucceeded(record)) {
    const auto response = textOf(record, key::kResponse);
    return Error(ErrorCode::TaskFailed, nameOfTask(record) + ": did not succeed (" + howItEnded(record) + ")" +
                                            (response.empty() ? "" : ": " + response));
  }
  const auto result = record.find(key::kResult);
  return result == record.end() ? Json() : *result;
}

namespace internal {

Error unusableResultError(const Json& record, std::string_view why) {
  if (!record.contains(key::kResult)) {
    return Error(ErrorCode::Invalid, nameOfTask(record) + ": succeeded, but gave no result (see setResult)");
  }
  return Error(ErrorCode::Invalid,
               nameOfTask(record) + ": its result does not fit into the type that was asked for: " + std::string(why));
}

}  // namespace internal
}  // namespace leptir
