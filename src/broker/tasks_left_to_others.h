// The tasks that this session must not lease for a while, so that other instances can (TaskRelease::leftToOthersUntil).
// Pure; one thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "leptir/clock.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::broker {

// `Key` identifies a task in its store, and is never reused for a later task.
template <class Key>
class TasksLeftToOthers {
 public:
  // False: the table is full (kMaxTasksLeftToOthers), and the task is not remembered.
  bool add(Key task, Time until, Time now) {
    if (tasks_.size() >= kMaxTasksLeftToOthers) forgetExpired(now);
    if (tasks_.size() >= kMaxTasksLeftToOthers) return false;
    tasks_.insert_or_assign(std::move(task), until);
    return true;
  }

  // Until when this session must not lease the task; empty: it may lease it.
  template <class Name>
  std::optional<Time> until(const Name& task, Time now) {
    const auto found = tasks_.find(task);
    if (found == tasks_.end()) return {};
    if (found->second > now) return found->second;
    tasks_.erase(found);
    return {};
  }

  // This session may lease the task again.
  template <class Name>
  void forget(const Name& task) {
    if (const auto found = tasks_.find(task); found != tasks_.end()) tasks_.erase(found);
  }

  bool empty() const { return tasks_.empty(); }
  std::size_t size() const { return tasks_.size(); }

 private:
  void forgetExpired(Time now) {
    std::erase_if(tasks_, [now](const auto& task) { return task.second <= now; });
  }

  std::map<Key, Time, std::less<>> tasks_;
};

}  // namespace leptir::broker
