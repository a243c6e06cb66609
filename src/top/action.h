// What an operator can do from the screen, and how it is said and done.
#pragma once

#include <optional>
#include <string>

#include "leptir/operations.h"
#include "top/snapshot.h"

namespace leptir::top {

struct Action {
  enum class Kind { Cancel, Revive, Remove, RunNow, Again, Pause, Resume, Drain, ResumeInstance };
  Kind kind = Kind::Cancel;
  std::string id{}, name{};  // of the task; of a pause: the name alone, empty for a whole queue
  std::string broker{};      // of a pause; empty: all brokers
  InstanceView instance{};   // of Drain and ResumeInstance
  // The tasks to change, if the action is on many tasks; `id` is empty then.
  std::optional<TaskSelection> selection{};
};

// The question before the action: "Cancel sendMail 01a2b3c4…?".
std::string questionOf(const Action& action);
// The text while the action is performed: "Cancel sendMail 01a2b3c4…".
std::string titleOf(const Action& action);

// The name that Operations uses for an action on tasks.
TaskAction::Kind kindOf(Action::Kind kind);

// How many tasks an action on many would change now; it counts up to kMaxCountedTasks of them.
inline constexpr std::uint64_t kMaxCountedTasks = 10'000;
// "Revive 1234 buried tasks of queue local"
std::string titleOf(const Action& action, const ActionPreview& preview);

// Performs the action, and says in one sentence what became of it. Blocks until the stores have answered. An action on
// many tasks calls `progress` after each slice.
ActionNews perform(Operations& operations, const Action& action, Time now, const OnActionProgress& progress = {});

}  // namespace leptir::top
