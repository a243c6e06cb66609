#include "worker/descriptor_checks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace leptir::worker {
namespace {

// Starting a program takes a few descriptors; this is a little more.
constexpr int kDescriptorsForATask = 8;

}  // namespace

bool isWakeDescriptorIntact(const Wake& bell) {
  struct stat info{};
  // An eventfd has no file type in its mode; files, pipes and sockets have one.
  return ::fstat(bell.descriptor(), &info) == 0 && (info.st_mode & S_IFMT) == 0;
}

bool hasDescriptorsLeft() {
  base::UniqueFd spare[kDescriptorsForATask];
  for (auto& descriptor : spare) {
    descriptor = base::UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!descriptor && errno == EMFILE) return false;
  }
  return true;
}

}  // namespace leptir::worker
