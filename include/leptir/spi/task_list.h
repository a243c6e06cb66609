// TaskList: one page of a queue, and where the next page begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/spi/broker_task.h"
#include "leptir/task_state.h"

namespace leptir {

// A task in its store, as TaskKeeper finds it.
struct FoundTask {
  std::string id{};  // that TaskKeeper finds it by; empty: malformed bytes, which may have no id until they are buried
  TaskState state = TaskState::Due;
  Time due{};  // the time from which it can be leased; if leased or buried: the time from which it last could
  Counters counters{};
  std::string envelope{};
  std::string reason{};  // of a buried task: why it was buried
};

// A page that TaskKeeper::list has read.
struct TaskList {
  std::vector<FoundTask> tasks{};
  std::string cursor{};        // where the next page begins; empty: there are no more tasks
  std::uint64_t examined = 0;  // tasks that were compared with the filter
};

// A call of TaskKeeper::list compares at most so many tasks with the filter, so that it takes less than 100 ms however
// many tasks the queue has (about 1 µs a task on SQLite, 3 µs on Redis).
inline constexpr std::uint64_t kMaxTasksExamined = 20'000;
// A page ends with the task whose envelope brings it beyond this, so that a page of large tasks takes little memory.
inline constexpr std::size_t kMaxPageBytes = std::size_t{16} << 20;

}  // namespace leptir
