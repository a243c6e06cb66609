// Wake: an event that ends the wait of one thread. Any thread, and also a signal handler, can ring it. Neither reading
// nor writing its descriptor blocks, so processes that inherit it cannot make one another wait.
#pragma once

#include "leptir/clock.h"

namespace leptir {

class Wake {
 public:
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  // Ends the current wait, or else the next one at its start. Several rings before a wait count as one. Any thread;
  // async-signal-safe.
  void ring() noexcept;
  // Waits until ring() is called or `longest` has passed. Returns whether ring() was called, and clears the ring.
  bool waitFor(Duration longest);
  // The same, but also returns when `descriptor` becomes readable; it does not read from it.
  bool waitFor(Duration longest, int descriptor);
  // For poll loops: the descriptor is readable while a ring is pending. `clear` clears the ring, and returns whether
  // one was pending.
  int descriptor() const { return descriptor_; }
  bool clear() noexcept;

 private:
  int descriptor_;
};

}  // namespace leptir
