// Where the dispatcher's threads leave what happened, for its main thread to take.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "dispatcher/core.h"
#include "leptir/wake.h"

namespace leptir {

// Any thread puts; the main thread takes.
class Inbox {
 public:
  // `bell` outlives it and is rung when something comes.
  explicit Inbox(Wake& bell) : bell_(bell) {}

  void put(Event event) {
    {
      const std::lock_guard lock(mutex_);
      events_.push_back(std::move(event));
    }
    bell_.ring();
  }

  void ring() { bell_.ring(); }

  std::vector<Event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  Wake& bell_;
  std::mutex mutex_;
  std::vector<Event> events_;
};

}  // namespace leptir
