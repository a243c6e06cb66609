// How far an action on a selection came, kept in the store of a queue for actions whose tasks still match afterwards:
// the same action that is called again after an error goes on from there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "leptir/operations/task_action.h"
#include "operations/stores.h"

namespace leptir::operations {

inline constexpr Duration kCheckpointLifetime = std::chrono::hours(1);

struct BulkCheckpoint {
  ListedState state = ListedState::Due;  // the state of the tasks that are listed
  std::string cursor{};                  // where the next slice begins
  std::uint64_t changed = 0;             // tasks before it
  Time begun{};
  std::optional<Time> since{}, until{};  // of the selection, where its times are not part of the key (Again)
};

class BulkCheckpointStore {
 public:
  BulkCheckpointStore(Stores& stores, std::size_t broker, const TaskAction& action, const TaskSelection& selection);

  // The checkpoint that an earlier call has kept. None: there is none, or this store keeps none.
  Result<std::optional<BulkCheckpoint>> load();
  Result<void> save(const BulkCheckpoint& checkpoint);
  Result<void> forget();

 private:
  Stores& stores_;
  const std::size_t broker_;
  const std::string key_;
};

}  // namespace leptir::operations
