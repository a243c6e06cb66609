#include "log/line_queue.h"

#include <unistd.h>

#include <algorithm>

namespace leptir::log {

void LineQueue::startForThisProcess() {
  owner_ = ::getpid();
  clear();
}

bool LineQueue::belongsToThisProcess() const {
  return owner_ != 0 && owner_ == ::getpid();
}

bool LineQueue::add(std::string_view line) {
  if (text_.size() + line.size() > kMaxBytes) return false;
  text_ += line;
  return true;
}

void LineQueue::removeWritten(std::size_t bytes) {
  if (bytes == 0) return;
  beginsInsideLine_ = text_[bytes - 1] != '\n';
  text_.erase(0, bytes);
}

std::uint64_t LineQueue::clear() {
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text_, '\n'));
  text_.clear();
  beginsInsideLine_ = false;
  return lines;
}

}  // namespace leptir::log
