// Lines that a sink could not write: counted until the log itself can say so.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace leptir {

// Lies in memory that forked processes share: what a worker loses, its master reports, whatever becomes of the worker.
// Any thread, any of these processes.
class LostLines {
 public:
  // Without memory to share, each process counts alone.
  LostLines();

  // `error`: the errno of the write.
  void add(std::uint64_t lines, int error);
  bool any() const { return page_->lines.load(std::memory_order_relaxed) > 0; }
  // Of all these processes since the start, said or not.
  std::uint64_t total() const { return page_->total; }
  // How many have not been said yet; they count as said from here on, unless they are put back.
  std::uint64_t take() { return page_->lines.exchange(0); }
  void putBack(std::uint64_t lines) { page_->lines += lines; }
  // "37 log lines were dropped: the reader of <target> was too slow".
  std::string describe(std::uint64_t lines, const std::string& target) const;

  // Set while the reader does not read: then no process waits for it.
  std::atomic<bool>& stalled() { return page_->stalled; }
  // Set while the last line is cut and its rest was dropped: the next one, of any process, begins with a line feed.
  std::atomic<bool>& torn() { return page_->torn; }

 private:
  struct Page {
    std::atomic<std::uint64_t> lines{0}, total{0};
    std::atomic<int> error{0};
    std::atomic<bool> stalled{false}, torn{false};
  };
  std::shared_ptr<Page> page_;
};

}  // namespace leptir
