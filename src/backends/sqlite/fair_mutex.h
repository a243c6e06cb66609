// A fair mutex: threads get it in the order in which they asked, so that a thread that locks in a loop does not starve
// the others.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace leptir::sqlite {

// Any thread.
class FairMutex {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const auto mine = next_++;
    turn_.wait(guard, [&] { return serving_ == mine; });
  }
  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      ++serving_;
    }
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;  // guards next_ and serving_
  std::condition_variable turn_;
  std::uint64_t next_ = 0;
  std::uint64_t serving_ = 0;
};

}  // namespace leptir::sqlite
