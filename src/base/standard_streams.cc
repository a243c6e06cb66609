#include "base/standard_streams.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/file_identity.h"

namespace leptir::base {
namespace {

struct InheritedDescriptor {
  int descriptor = -1;
  FileIdentity file;
};

// Filled before main and before the static initialisers of other files, so it must not need dynamic initialisation.
constinit std::vector<InheritedDescriptor> inherited;

// Runs before the static initialisers of the program, which may open files. 101 is the first constructor priority that
// programs may use.
[[gnu::constructor(101)]] void beforeTheProgram() {
  noteInheritedDescriptors();
}

}  // namespace

void openClosedStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() takes the lowest free number, which is `stream`, because lower numbers are open by now.
    [[maybe_unused]] const int opened = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void noteInheritedDescriptors() {
  inherited.clear();
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir("/proc/self/fd"), &::closedir);
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing.get())) {
    const int descriptor = std::atoi(entry->d_name);  // 0 for "." and ".."
    if (descriptor <= STDERR_FILENO || descriptor == ::dirfd(listing.get())) continue;
    inherited.push_back({descriptor, FileIdentity::of(descriptor)});
  }
}

void closeInheritedDescriptors(int kept) {
  for (const auto& [descriptor, file] : inherited) {
    const int flags = ::fcntl(descriptor, F_GETFD);
    if (descriptor == kept || flags < 0 || (flags & FD_CLOEXEC) != 0) continue;
    if (FileIdentity::of(descriptor) == file) ::close(descriptor);
  }
}

}  // namespace leptir::base
