#include "base/standard_streams.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <memory>

#include "base/file_identity.h"

namespace leptir {
namespace {

struct Inherited {
  int descriptor = -1;
  FileIdentity file;
};

// Filled before main, so it needs no constructor of its own.
constexpr std::size_t kMostInherited = 256;
constinit std::array<Inherited, kMostInherited> inherited{};
constinit std::size_t inheritedCount = 0;

// Before the static initialisers of the program, which may open files (101 is the first priority that programs may
// use).
[[gnu::constructor(101)]] void beforeTheProgram() {
  noteInheritedDescriptors();
}

}  // namespace

void openClosedStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one, since those below it are open.
    [[maybe_unused]] const int opened = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void noteInheritedDescriptors() {
  inheritedCount = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir("/proc/self/fd"), &::closedir);
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing.get())) {
    const int descriptor = std::atoi(entry->d_name);  // 0 for "." and ".."
    if (descriptor <= STDERR_FILENO || descriptor == ::dirfd(listing.get())) continue;
    if (inheritedCount == kMostInherited) return;
    inherited[inheritedCount++] = {descriptor, FileIdentity::of(descriptor)};
  }
}

void closeInheritedDescriptors(int kept) {
  for (std::size_t i = 0; i < inheritedCount; ++i) {
    const auto& [descriptor, file] = inherited[i];
    const int flags = ::fcntl(descriptor, F_GETFD);
    if (descriptor == kept || flags < 0 || (flags & FD_CLOEXEC) != 0) continue;
    if (FileIdentity::of(descriptor) == file) ::close(descriptor);
  }
}

}  // namespace leptir
