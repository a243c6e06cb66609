// Who requested the cancellation of a task, as every backend stores it.
#pragma once

#include <string_view>

namespace leptir::broker {

// Never empty, since an empty LeasedTask::cancelledBy means that there is no request.
inline std::string_view requesterOrUnknown(std::string_view by) {
  return by.empty() ? "an unknown user" : by;
}

}  // namespace leptir::broker
