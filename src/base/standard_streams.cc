#include "base/standard_streams.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

namespace leptir {
namespace {

// Where /proc does not tell: as many as a process usually may have.
constexpr int kUsualLimit = 4096;

std::vector<int> openDescriptors() {
  std::vector<int> open;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir("/proc/self/fd"), &::closedir);
  if (!listing) {
    for (int descriptor = 0; descriptor < kUsualLimit; ++descriptor) open.push_back(descriptor);
    return open;
  }
  while (const dirent* entry = ::readdir(listing.get())) {
    if (entry->d_name[0] != '.') open.push_back(std::atoi(entry->d_name));
  }
  return open;
}

}  // namespace

void openClosedStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one, since those below it are open.
    [[maybe_unused]] const int opened = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void closeInheritedDescriptors(int kept) {
  for (const int descriptor : openDescriptors()) {
    if (descriptor <= STDERR_FILENO || descriptor == kept) continue;
    const int flags = ::fcntl(descriptor, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) ::close(descriptor);
  }
}

}  // namespace leptir
