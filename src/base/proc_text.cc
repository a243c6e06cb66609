#include "base/proc_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace leptir::base {
namespace {

// More than the kernel allows for an environment or a list of mappings.
constexpr std::size_t kLargestProcFile = std::size_t{64} << 20;
constexpr std::string_view kStatus = "status";  // every user may read this file

// A zombie with one thread. The kernel gives its files about memory to root, so its own user cannot read them.
bool isZombie(pid_t process) {
  const auto status = readProcText(process, kStatus);
  return status && status->find("\nState:\tZ") != std::string::npos &&
         status->find("\nThreads:\t1\n") != std::string::npos;
}

Error procReadError(pid_t process, std::string_view name, const std::string& file) {
  const auto number = errno;
  const bool gone = number == ENOENT || number == ESRCH || (name != kStatus && isZombie(process));
  return Error(gone ? ErrorCode::NotFound : ErrorCode::Unavailable, file + ": " + errnoText(number));
}

}  // namespace

Result<std::string> readProcText(pid_t process, std::string_view name) {
  const auto file = "/proc/" + std::to_string(process) + "/" + std::string(name);
  const UniqueFd descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) return procReadError(process, name, file);
  std::string text;
  char piece[65536];
  while (text.size() < kLargestProcFile) {
    const auto bytes = ::read(descriptor.get(), piece, sizeof piece);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return procReadError(process, name, file);
    if (bytes == 0) return text;
    text.append(piece, static_cast<std::size_t>(bytes));
  }
  return Error(ErrorCode::Unavailable, file + ": is larger than 64 MiB");
}

}  // namespace leptir::base
