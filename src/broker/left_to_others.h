// Tasks that one session leaves to others for a while (Released::leftUntil). Pure; one thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "leptir/clock.h"
#include "leptir/simple_broker.h"

namespace leptir {

// `Key` names a task in its store; no later task ever has the same.
template <class Key>
class LeftToOthers {
 public:
  // False: so many are left already that one more is not remembered.
  bool add(Key task, Time until, Time now) {
    if (tasks_.size() >= kMostLeftToOthers) forgetExpired(now);
    if (tasks_.size() >= kMostLeftToOthers) return false;
    tasks_.insert_or_assign(std::move(task), until);
    return true;
  }

  // Until when; nothing: this session may lease it.
  template <class Name>
  std::optional<Time> until(const Name& task, Time now) {
    const auto found = tasks_.find(task);
    if (found == tasks_.end()) return {};
    if (found->second > now) return found->second;
    tasks_.erase(found);
    return {};
  }

  bool empty() const { return tasks_.empty(); }
  std::size_t size() const { return tasks_.size(); }

 private:
  void forgetExpired(Time now) {
    std::erase_if(tasks_, [now](const auto& task) { return task.second <= now; });
  }

  std::map<Key, Time, std::less<>> tasks_;
};

}  // namespace leptir
