#include "link/run_log_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/failpoint.h"
#include "base/utf8.h"
#include "link/run_log_layout.h"

namespace leptir::link {
namespace {

// Makes the version odd while a buffer is changed.
class VersionedChange {
 public:
  explicit VersionedChange(RunLogHead& head)
      : version_(head.version), oddVersion_((version_.load(std::memory_order_relaxed) + 1) | 1) {
    version_.exchange(oddVersion_, std::memory_order_acq_rel);
  }
  ~VersionedChange() { version_.store(oddVersion_ + 1, std::memory_order_release); }
  VersionedChange(const VersionedChange&) = delete;
  VersionedChange& operator=(const VersionedChange&) = delete;

 private:
  std::atomic<std::uint32_t>& version_;
  const std::uint32_t oddVersion_;
};

}  // namespace

void RunLogWriter::beginRun(const LoggedRun& run) {
  run_ = run;
  id_ = base::utf8Prefix(run.id, kMaxLoggedIdBytes);
  run_.id = id_;
  buffer_ = nullptr;
}

void RunLogWriter::add(std::string_view line) {
  // A forked copy writes to the same memory, and no lock holds between the two.
  if (memory_ == nullptr || line.size() > kLastLogBytes || ::getpid() != run_.pid) return;
  const std::lock_guard lock(mutex_);
  if (buffer_ == nullptr) chooseBuffer();
  auto& head = buffer_->head;
  const VersionedChange change(head);
  const bool fits = head.firstBytes <= kFirstLogBytes && line.size() <= kFirstLogBytes - head.firstBytes;
  if (head.lastTo > 0 || !fits) return addToLast(line);
  std::memcpy(buffer_->first + head.firstBytes, line.data(), line.size());
  LEPTIR_FAILPOINT("run_log_writer.during_add");
  head.firstBytes += static_cast<std::uint32_t>(line.size());
}

// The run of a worker that died keeps its buffer until the dispatcher has settled it. When all buffers are kept, the
// oldest is used again: a dispatcher collects each death within moments.
void RunLogWriter::chooseBuffer() {
  RunLogBuffer* chosen = nullptr;
  std::uint64_t sequence = 0;
  for (std::size_t i = 0; i < kRunLogBuffersPerSlot; ++i) {
    auto& buffer = runLogBuffer(memory_, i);
    sequence = std::max(sequence, buffer.head.sequence);
    if (chosen == nullptr || (mustKeep(*chosen) && !mustKeep(buffer)) ||
        (mustKeep(*chosen) && buffer.head.sequence < chosen->head.sequence))
      chosen = &buffer;
  }
  auto& head = chosen->head;
  const VersionedChange change(head);
  head.cell = run_.cell;
  head.generation = run_.generation;
  head.sequence = sequence + 1;
  head.attempt = run_.attempt;
  head.pid = run_.pid;
  head.idBytes = static_cast<std::uint32_t>(id_.copy(head.id, kMaxLoggedIdBytes));
  head.firstBytes = 0;
  head.lastFrom = head.lastTo = head.leftOutLines = head.leftOutBytes = 0;
  buffer_ = chosen;
}

bool RunLogWriter::mustKeep(const RunLogBuffer& buffer) const {
  if (buffer.head.sequence == 0) return false;
  const auto word = slot_.word(buffer.head.cell % kCells);
  return word.state == CellState::Died && word.generation == buffer.head.generation;
}

void RunLogWriter::addToLast(std::string_view line) {
  auto& head = buffer_->head;
  if (head.lastTo - head.lastFrom > kLastLogBytes) head.lastFrom = head.lastTo;  // the task overwrote it
  while (head.lastTo - head.lastFrom + line.size() > kLastLogBytes) dropOldest();
  while (!line.empty()) {
    const auto at = head.lastTo % kLastLogBytes;
    const auto bytes = std::min(line.size(), kLastLogBytes - at);
    std::memcpy(buffer_->last + at, line.data(), bytes);
    head.lastTo += bytes;
    line.remove_prefix(bytes);
  }
}

// Drops the oldest line of the ring, which ends with the first line feed.
void RunLogWriter::dropOldest() {
  auto& head = buffer_->head;
  auto end = head.lastFrom;
  while (end < head.lastTo) {
    const auto at = end % kLastLogBytes;
    const auto bytes = std::min<std::uint64_t>(head.lastTo - end, kLastLogBytes - at);
    const auto* found = static_cast<const char*>(std::memchr(buffer_->last + at, '\n', bytes));
    end += found != nullptr ? static_cast<std::uint64_t>(found - (buffer_->last + at)) + 1 : bytes;
    if (found != nullptr) break;
  }
  head.leftOutLines += 1;
  head.leftOutBytes += end - head.lastFrom;
  head.lastFrom = end;
}

RunLog RunLogWriter::read() const {
  return buffer_ != nullptr && makesSense(buffer_->head) ? readRunLog(*buffer_) : RunLog();
}

}  // namespace leptir::link
