#include "cli/line_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace leptir::cli {
namespace {

constexpr std::size_t kReadChunkBytes = std::size_t{64} << 10;

}  // namespace

Result<void> LineReader::checkReadable(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) != O_WRONLY) return {};
  return Error(ErrorCode::Invalid, "standard input is closed: there is nothing to read");
}

LineReader::Event LineReader::next(std::chrono::milliseconds wait) {
  while (true) {
    if (takeLine()) return line_.size() > longest_ ? Event::TooLong : Event::Line;
    if (dropIfTooLong()) return Event::TooLong;
    if (pausesFor(wait)) return Event::Pause;
    const auto got = readMore();
    if (got == 0) return takeRest() ? Event::Line : Event::End;
    if (got > 0 || errno == EINTR || errno == EAGAIN) continue;
    error_ = errno;
    return Event::Failed;
  }
}

bool LineReader::takeLine() {
  while (true) {
    const auto end = buffer_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = buffer_.size();
      return false;
    }
    line_ = std::string_view(buffer_).substr(begin_, end - begin_);
    begin_ = searched_ = end + 1;
    const bool isRestOfSkipped = skipping_;
    skipping_ = false;
    if (isRestOfSkipped) continue;
    ++number_;
    return true;
  }
}

// The last line may lack its line feed.
bool LineReader::takeRest() {
  line_ = std::string_view(buffer_).substr(begin_);
  begin_ = searched_ = buffer_.size();
  if (line_.empty() || skipping_) return false;
  ++number_;
  return true;
}

bool LineReader::dropIfTooLong() {
  const bool tooLong = buffer_.size() - begin_ > longest_ && !skipping_;
  if (!tooLong && !skipping_) return false;
  buffer_.clear();
  begin_ = searched_ = 0;
  skipping_ = true;
  if (tooLong) ++number_;
  return tooLong;
}

bool LineReader::pausesFor(std::chrono::milliseconds wait) const {
  pollfd input{descriptor_, POLLIN, 0};
  return ::poll(&input, 1, static_cast<int>(wait.count())) == 0;
}

ssize_t LineReader::readMore() {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
  }
  std::array<char, kReadChunkBytes> chunk;
  const auto got = ::read(descriptor_, chunk.data(), chunk.size());
  if (got > 0) buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return got;
}

}  // namespace leptir::cli
