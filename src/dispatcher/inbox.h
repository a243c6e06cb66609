// The queue of events from the dispatcher's threads to its main thread.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "dispatcher/events.h"
#include "leptir/spi/wake.h"

namespace leptir::dispatcher {

// put() and ring() are called by any thread, takeInto() by the main thread.
class Inbox {
 public:
  // `bell` must outlive the inbox; it is rung for each event.
  explicit Inbox(Wake& bell) : bell_(bell) {}

  void put(Event event) {
    {
      const std::lock_guard lock(mutex_);
      events_.push_back(std::move(event));
    }
    bell_.ring();
  }

  void ring() { bell_.ring(); }

  // Moves all events into `events`, which is empty. Its memory is used for the next events, so a caller that passes one
  // vector again and again makes hundreds of events a turn without an allocation.
  void takeInto(std::vector<Event>& events) {
    const std::lock_guard lock(mutex_);
    std::swap(events, events_);
  }

 private:
  Wake& bell_;
  std::mutex mutex_;
  std::vector<Event> events_;
};

}  // namespace leptir::dispatcher
