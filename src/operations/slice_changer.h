// Changes one slice of tasks of a queue. All its tasks are in one state, as a list has just told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "leptir/operations/task_action.h"
#include "leptir/spi/task_list.h"
#include "operations/stores.h"

namespace leptir::operations {

struct SliceResult {
  std::uint64_t changed = 0;
  std::uint64_t requested = 0;  // cancel requests, which `changed` counts as well
};

class SliceChanger {
 public:
  SliceChanger(Stores& stores, std::size_t broker, const TaskAction& action)
      : stores_(stores), broker_(broker), action_(action) {}

  // At most kMaxTasksPerChange tasks. Another process may have changed some of them since they were listed: those are
  // not counted. After an error `done` has what was changed before it.
  Result<void> change(const std::vector<FoundTask>& tasks, SliceResult& done);

 private:
  Result<void> cancel(const std::vector<FoundTask>& tasks, SliceResult& done);
  Result<void> remove(const std::vector<FoundTask>& tasks, SliceResult& done);
  Result<void> removeAndRecord(const std::vector<FoundTask>& tasks, SliceResult& done);
  Result<std::size_t> changeAtBroker(const std::vector<std::string>& ids);

  Stores& stores_;
  const std::size_t broker_;
  const TaskAction& action_;
};

}  // namespace leptir::operations
