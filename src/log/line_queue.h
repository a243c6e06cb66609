// Lines that wait until their reader has room again, in the memory of one process.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace leptir {

// The owner of the mutex guards it all. Belongs to the process that called `begin`: a forked child has none.
class LineQueue {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;

  // This process queues from now on. Its forks do not, and what waits here is not theirs.
  void begin();
  bool isOurs() const;

  std::mutex& mutex() { return mutex_; }
  bool isEmpty() const { return text_.empty(); }
  std::string_view text() const { return text_; }
  // False: there is no room for the line.
  bool add(std::string_view line);
  // The first `bytes` were written.
  void drop(std::size_t bytes);
  // Of the first line only the rest is left.
  bool beginsInsideLine() const { return beginsInsideLine_; }
  // Gives everything up; answers how many lines that were.
  std::uint64_t clear();

 private:
  std::mutex mutex_;
  int owner_ = 0;  // a process; 0: none
  std::string text_;
  bool beginsInsideLine_ = false;
};

}  // namespace leptir
