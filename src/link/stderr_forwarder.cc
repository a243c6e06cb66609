#include "link/stderr_forwarder.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace leptir::link {
namespace {

constexpr std::uint64_t kMaxUnreadBytes = std::uint64_t{1} << 20;
constexpr std::size_t kForwardChunkBytes = 4096;

// The number of bytes that could be written.
std::size_t writeSome(const base::NonBlockingOutput& to, std::string_view text) {
  const auto written = to.write(text);
  return written > 0 ? static_cast<std::size_t>(written) : 0;
}

// The text up to its last line feed, so that lines of two workers do not mix; all of it if it has no line feed.
std::string_view wholeLines(std::string_view text) {
  const auto end = text.rfind('\n');
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

void forwardWorkerStderr(Slot& slot, const WorkerStderr& from, const base::NonBlockingOutput& to) {
  auto& forwarded = slot.stderrForwarded();
  const auto end = from.end();
  auto position = std::min<std::uint64_t>(forwarded, end);
  if (end - position > kMaxUnreadBytes) {
    const auto skipped = end - position - kMaxUnreadBytes;
    if (writeSome(to, "[leptir: " + std::to_string(skipped) + " bytes of a worker's stderr left out]\n") == 0) return;
    position += skipped;
  }
  while (position < end) {
    const auto stretch = std::min<std::uint64_t>(position + kForwardChunkBytes, end);
    const auto text = from.read(position, stretch, kForwardChunkBytes);
    const auto lines = wholeLines(text);
    const bool hasHoles = text.size() < stretch - position;
    const auto written = text.empty() ? 0 : writeSome(to, lines);
    if (written == 0 && !text.empty()) break;
    position = hasHoles ? stretch : position + written;
  }
  forwarded = position;
}

}  // namespace

void forwardStderr(Link& link, const base::NonBlockingOutput& to) {
  link.forEachSlot([&](int slot) { forwardWorkerStderr(link.slot(slot), link.workerStderr(slot), to); });
}

}  // namespace leptir::link
