// hasInstanceMark: for tests that wait until a process has the mark of an instance.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "base/instance_mark.h"

namespace leptir::base {

inline bool hasInstanceMark(pid_t process, std::string_view instance) {
  return checkInstanceMark(process, instance) == Membership::Yes;
}

}  // namespace leptir::base
