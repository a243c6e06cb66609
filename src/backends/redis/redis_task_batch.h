// Collects tasks that are changed together by one script.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_script.h"
#include "leptir/result.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::redis {

// Bytes of envelopes in one script that changes tasks, at most.
inline constexpr std::size_t kMaxChangeBytes = std::size_t{4} << 20;

// Changes the tasks as soon as they fill a script. `Task` has a member `escapedId`.
template <class Task>
class TaskBatch {
 public:
  // `change`: the script; its reply has the positions of the tasks that are not as they were found.
  TaskBatch(RedisConnection& connection, std::function<RedisScriptCall(std::span<const Task>)> change)
      : connection_(connection), change_(std::move(change)) {}

  // `bytes`: of the task on the server.
  Result<void> add(Task task, std::size_t bytes) {
    if (bytes_ + bytes > kMaxChangeBytes || tasks_.size() == kMaxTasksPerChange) {
      if (auto done = flush(); !done) return done;
    }
    bytes_ += bytes;
    tasks_.push_back(std::move(task));
    return {};
  }

  Result<void> flush() {
    if (tasks_.empty()) return {};
    const auto reply = runScript(connection_, change_(tasks_));
    if (!reply) return reply.error();
    const auto missing = RedisExpect(connection_).positions(reply->value(), tasks_.size());
    if (!missing) return missing.error();
    for (const auto i : *missing) moved_.insert(std::move(tasks_[i].escapedId));
    changed_ += tasks_.size() - std::min(missing->size(), tasks_.size());
    tasks_.clear();
    bytes_ = 0;
    return {};
  }

  std::size_t changed() const { return changed_; }
  // The ids of the tasks that were not changed, because they were no longer as they had been found.
  std::set<std::string> takeMoved() { return std::exchange(moved_, {}); }

 private:
  RedisConnection& connection_;
  std::function<RedisScriptCall(std::span<const Task>)> change_;
  std::vector<Task> tasks_;
  std::size_t bytes_ = 0, changed_ = 0;
  std::set<std::string> moved_;
};

}  // namespace leptir::redis
