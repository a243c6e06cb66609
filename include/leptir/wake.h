// A bell that ends a wait. Rung by any thread or signal-safe code; waited for by one thread. Processes that inherit it
// cannot make one another wait: neither a read nor a write of it ever blocks.
#pragma once

#include "leptir/clock.h"

namespace leptir {

class Wake {
 public:
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  // Any thread, async-signal-safe. Rings before a wait end that wait at once; several rings are one.
  void ring() noexcept;
  // Waits until rung or until `longest` has passed; answers whether it rang, and takes the ring away.
  bool waitFor(Duration longest);
  // As waitFor, and returns early when `descriptor` becomes readable (and leaves what is to be read there).
  bool waitFor(Duration longest, int descriptor);
  // Readable while rung: for poll loops of their own. `clear` takes the ring away and answers whether there was one.
  int descriptor() const { return descriptor_; }
  bool clear() noexcept;

 private:
  int descriptor_;
};

}  // namespace leptir
