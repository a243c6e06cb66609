// The lines of a status board in shared memory. One process writes a line, others read it meanwhile: each carries a
// version, by which they tell a line that they caught half way.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "leptir/clock.h"
#include "link/status_board.h"

namespace leptir {

// What the instance is about. Its owner is the master.
struct StateLine {
  std::atomic<std::uint32_t> version{0};  // odd while the master writes
  InstanceState state = InstanceState::Starting;
  char waitsFor[240] = {};
};

// What one worker does. Its owner is the dispatcher, but for the pid, which is the master's.
struct WorkerLine {
  std::atomic<std::int32_t> pid{0};
  std::atomic<std::uint32_t> version{0};  // odd while the dispatcher writes
  bool busy = false;
  std::int64_t startedBoot = 0;
  double progress = 0;
  char taskId[256] = {};
  char taskName[256] = {};
  char progressText[116] = {};
};

template <std::size_t N>
void copyText(char (&to)[N], std::string_view from) {
  const auto bytes = utf8Prefix(from, N - 1).size();
  from.copy(to, bytes);
  to[bytes] = '\0';
}

template <std::size_t N>
std::string textOf(const char (&from)[N]) {
  return {from, ::strnlen(from, N)};
}

// Writes a line so that readers can tell when they caught it half way.
template <class Line>
class LineWriter {
 public:
  // Odd from here on, also when an earlier dispatcher was killed half way.
  explicit LineWriter(Line& line) : line_(line), odd_((line.version.load(std::memory_order_relaxed) + 1) | 1) {
    line_.version.exchange(odd_, std::memory_order_acq_rel);
  }
  ~LineWriter() { line_.version.store(odd_ + 1, std::memory_order_release); }
  Line* operator->() { return &line_; }

 private:
  Line& line_;
  std::uint32_t odd_;
};

BoardWorker readLine(const WorkerLine& line, int slot, BootTime now);
std::pair<InstanceState, std::string> readState(const StateLine& line);

}  // namespace leptir
