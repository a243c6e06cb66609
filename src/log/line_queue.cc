#include "log/line_queue.h"

#include <unistd.h>

#include <algorithm>

namespace leptir {

void LineQueue::begin() {
  owner_ = ::getpid();
  text_.clear();
}

bool LineQueue::isOurs() const {
  return owner_ != 0 && owner_ == ::getpid();
}

bool LineQueue::add(std::string_view line) {
  if (text_.size() + line.size() > kMostBytes) return false;
  text_ += line;
  return true;
}

std::uint64_t LineQueue::clear() {
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text_, '\n'));
  text_.clear();
  return lines;
}

}  // namespace leptir
