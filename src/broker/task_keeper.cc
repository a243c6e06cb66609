#include "leptir/spi/task_keeper.h"

#include <array>

namespace leptir {

std::string_view nameOf(TaskState state) {
  static constexpr std::array<std::string_view, 4> kNames{"due", "scheduled", "leased", "buried"};
  return kNames[static_cast<std::size_t>(state)];
}

Result<std::size_t> TaskKeeper::removeMany(std::span<const std::string> ids) {
  std::size_t removed = 0;
  for (const auto& id : ids) {
    const auto done = remove(id);
    if (done)
      ++removed;
    else if (done.error().code() != ErrorCode::NotFound && done.error().code() != ErrorCode::Lost)
      return done.error();
  }
  return removed;
}

}  // namespace leptir
