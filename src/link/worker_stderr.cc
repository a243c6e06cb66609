#include "link/worker_stderr.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/errno_text.h"
#include "base/utf8.h"
#include "link/pages.h"

namespace leptir::link {
namespace {

// How many bytes stay in memory. Older bytes are released once twice as many are held.
constexpr std::uint64_t kKeptBytes = std::uint64_t{4} << 20;

}  // namespace

Result<WorkerStderr> WorkerStderr::create() {
  base::UniqueFd file(::memfd_create("leptir worker stderr", MFD_CLOEXEC));
  if (!file || ::fcntl(file.get(), F_SETFL, O_APPEND) != 0)
    return Error(ErrorCode::Unavailable, "cannot create a worker's stderr: " + base::errnoText(errno));
  return WorkerStderr(std::move(file));
}

Result<void> WorkerStderr::redirectStderr() {
  if (::dup2(file_.get(), STDERR_FILENO) < 0)
    return Error(ErrorCode::Internal, "cannot redirect a worker's stderr: " + base::errnoText(errno));
  close();
  return {};
}

std::uint64_t WorkerStderr::end() const {
  struct stat info{};
  return ::fstat(file_.get(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

std::string WorkerStderr::read(std::uint64_t from, std::uint64_t to, std::uint64_t limit) const {
  to = std::min(to, end());
  if (from >= to) return {};
  // One byte more than asked for: it tells whether a character begins where the text is cut.
  from = std::max(from, to - std::min(limit + 1, to));
  std::string text(to - from, '\0');
  const auto bytes = ::pread(file_.get(), text.data(), text.size(), static_cast<off_t>(from));
  text.resize(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  std::erase(text, '\0');
  text.erase(0, text.size() - base::utf8Suffix(text, limit).size());
  return text;
}

void WorkerStderr::releaseOldMemory() {
  const auto size = end();
  if (size < releasedUpTo_) releasedUpTo_ = 0;  // a task truncated the file
  if (size - releasedUpTo_ < 2 * kKeptBytes) return;
  const auto upTo = (size - kKeptBytes) / kPageBytes * kPageBytes;
  ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(releasedUpTo_),
              static_cast<off_t>(upTo - releasedUpTo_));
  releasedUpTo_ = upTo;
}

void WorkerStderr::clear() {
  if (::ftruncate(file_.get(), 0) == 0) releasedUpTo_ = 0;
}

}  // namespace leptir::link
