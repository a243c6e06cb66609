// The words for the states of an instance, in `status` and `status --ready`.
#pragma once

#include <string_view>

#include "link/status_board.h"

namespace leptir::cli {

constexpr std::string_view stateName(link::InstanceState state) {
  switch (state) {
    case link::InstanceState::Starting:
      return "starting";
    case link::InstanceState::Running:
      return "running";
    case link::InstanceState::Waiting:
      return "waiting";
    case link::InstanceState::Stopping:
      return "stopping";
  }
  return "?";
}

}  // namespace leptir::cli
