#include "base/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace leptir::base {
namespace {

Error readingError(const std::filesystem::path& file, int error) {
  const auto code = error == ENOENT || error == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Invalid;
  return Error(code, file.string() + ": " + errnoText(error));
}

}  // namespace

Result<FileText> readFile(const std::filesystem::path& file, std::size_t maxBytes) {
  const UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!descriptor) return readingError(file, errno);
  struct stat status{};
  if (::fstat(descriptor.get(), &status) != 0) return readingError(file, errno);
  if (S_ISDIR(status.st_mode)) return Error(ErrorCode::Invalid, file.string() + ": is a folder, not a file");
  if (!S_ISREG(status.st_mode)) return Error(ErrorCode::Invalid, file.string() + ": is no ordinary file");

  FileText read{.text = std::string(), .info = status};
  constexpr std::size_t kStep = 64 * 1024;
  while (read.text.size() <= maxBytes) {
    const auto have = read.text.size();
    read.text.resize(have + std::min(kStep, maxBytes + 1 - have));
    const auto got = ::read(descriptor.get(), read.text.data() + have, read.text.size() - have);
    read.text.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return read;
    if (got < 0 && errno != EINTR) return readingError(file, errno);
  }
  return Error(ErrorCode::TooLarge, file.string() + ": is larger than " + std::to_string(maxBytes) + " bytes");
}

}  // namespace leptir::base
