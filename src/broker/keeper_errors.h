// The errors of TaskKeeper, with the same text in every backend.
#pragma once

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::broker {

inline Error noSuchTask(std::string_view id) {
  return Error(ErrorCode::NotFound, "no task " + std::string(id) + " in the queue");
}

// The task cannot be removed, since a session has leased it.
inline Error taskLeasedError(std::string_view id) {
  return Error(ErrorCode::Lost, "task " + std::string(id) + " is leased; cancel it instead");
}

}  // namespace leptir::broker
