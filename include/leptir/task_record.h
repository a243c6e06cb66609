// What the record of a task says: whether the task is over, whether it succeeded, and its result. For records as
// Broker::wait, MetaStorage and `leptir info` return them; docs/wire-format.md describes their fields.
#pragma once

#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>

#include "leptir/json.h"
#include "leptir/parameters.h"
#include "leptir/result.h"

namespace leptir {

// Whether leptir runs the task no more by itself: it succeeded, failed for good, was cancelled, discarded or buried. A
// task is not over while it runs, or while it waits for a retry. A task that replaces `status` by getAdditionalMetaInfo
// with something other than 1 or 2 counts as over after each run.
bool isOver(const Json& record);

// Whether the run ended with a success or a warning.
bool hasSucceeded(const Json& record);

// What the task gave to setResult or returned; null if it gave nothing. TaskFailed: the task did not succeed; the
// message has the response of the record and how the run ended. TimedOut: the task is not over.
Result<Json> resultOf(const Json& record);

namespace internal {
Error unusableResultError(const Json& record, std::string_view why);
}  // namespace internal

// The result as a T, which nlohmann's from_json can read. Errors as above. Invalid: the result does not fit into a T,
// or the task gave none.
template <class T>
Result<T> resultAs(const Json& record) {
  auto result = resultOf(record);
  if (!result) return result.error();
  if constexpr (std::is_same_v<T, Json>) {
    return std::move(*result);
  } else {
    try {
      return parametersAs<T>(*result);
    } catch (const std::exception& error) {  // InputError, or what a from_json of the caller throws
      return internal::unusableResultError(record, error.what());
    }
  }
}

}  // namespace leptir
