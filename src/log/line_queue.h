// Holds log lines that could not be written yet, in the memory of one process, until their reader can take them.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace leptir::log {

// Call the other members only while holding mutex(). The queue belongs to the process that called
// `startForThisProcess`; a forked child does not use the lines that were waiting in its parent.
class LineQueue {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

  // From now on this process queues its lines. Its forks do not queue, and do not write the lines that wait here.
  void startForThisProcess();
  bool belongsToThisProcess() const;

  std::mutex& mutex() { return mutex_; }
  bool isEmpty() const { return text_.empty(); }
  std::string_view text() const { return text_; }
  // False: the queue is full; the line was not added.
  bool add(std::string_view line);
  // Removes the first `bytes`, which were written.
  void removeWritten(std::size_t bytes);
  // True: only the rest of the first line is left, because its beginning was written.
  bool beginsInsideLine() const { return beginsInsideLine_; }
  // Discards all lines and answers how many they were.
  std::uint64_t clear();

 private:
  std::mutex mutex_;
  int owner_ = 0;  // process that queues; 0: no process
  std::string text_;
  bool beginsInsideLine_ = false;
};

}  // namespace leptir::log
