// TaskCounts: the numbers of tasks in a queue, as `status` shows them.
#pragma once

#include <cstdint>

namespace leptir {

// How many tasks of a queue are in which state. Every task is in exactly one of the four.
struct TaskCounts {
  std::uint64_t due = 0;        // can be leased now
  std::uint64_t scheduled = 0;  // wait for their time of execution
  std::uint64_t leased = 0;     // leased by a session
  std::uint64_t buried = 0;     // set aside until an operator revives or removes them

  friend bool operator==(const TaskCounts&, const TaskCounts&) = default;
};

}  // namespace leptir
