#include "leptir/operations/task_action.h"

#include <array>

namespace leptir {

std::string_view nameOf(TaskAction::Kind kind) {
  constexpr std::array<std::string_view, 6> kNames{"cancel", "revive", "delete", "run-now", "reschedule", "again"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool appliesTo(TaskAction::Kind kind, ListedState state) {
  switch (kind) {
    case TaskAction::Kind::Cancel:
      return isInQueue(state);
    case TaskAction::Kind::Revive:
      return state == ListedState::Buried;
    case TaskAction::Kind::Remove:
      return isInQueue(state) && state != ListedState::Leased;
    case TaskAction::Kind::RunNow:
      return state == ListedState::Scheduled;
    case TaskAction::Kind::Reschedule:
      return state == ListedState::Due || state == ListedState::Scheduled;
    case TaskAction::Kind::Again:
      return !isInQueue(state) || state == ListedState::Buried;
  }
  return false;
}

}  // namespace leptir
