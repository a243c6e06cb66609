// Counts log lines that a sink could not write, until the log can report how many there were.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace leptir::log {

// The counters lie in memory that forked processes share, so the master reports the lines that a worker dropped even if
// that worker has died. Any thread, any of these processes.
class DroppedLines {
 public:
  // If no shared memory is available, each process counts its own lines.
  DroppedLines();

  // `error`: the errno of the write.
  void add(std::uint64_t lines, int error);
  bool hasUnreported() const { return page_->lines.load(std::memory_order_relaxed) > 0; }
  // Dropped lines of all these processes since the start, reported or not.
  std::uint64_t total() const { return page_->total; }
  // The number of lines not yet reported. They count as reported from now on, unless putBack() is called.
  std::uint64_t takeUnreported() { return page_->lines.exchange(0); }
  void putBack(std::uint64_t lines) { page_->lines += lines; }
  // "37 log lines were dropped: the reader of <target> was too slow".
  std::string describe(std::uint64_t lines, const std::string& target) const;

  // Set while the reader is too slow: then no process waits for it.
  std::atomic<bool>& stalled() { return page_->stalled; }
  // Set when the last line was cut and its rest dropped: the next line, of any process, begins with a line feed.
  std::atomic<bool>& torn() { return page_->torn; }

 private:
  struct Page {
    std::atomic<std::uint64_t> lines{0}, total{0};
    std::atomic<int> error{0};
    std::atomic<bool> stalled{false}, torn{false};
  };
  std::shared_ptr<Page> page_;
};

}  // namespace leptir::log
