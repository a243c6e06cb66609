#include "worker/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace leptir {

StandardStreams::StandardStreams() {
  for (int stream = 0; stream < 3; ++stream) {
    const auto i = static_cast<std::size_t>(stream);
    files_[i] = FileIdentity::of(stream);
    copies_[i] = UniqueFd(::fcntl(stream, F_DUPFD_CLOEXEC, 3));
  }
}

void StandardStreams::restore() const {
  for (int stream = 0; stream < 3; ++stream) {
    const auto i = static_cast<std::size_t>(stream);
    if (!copies_[i] || FileIdentity::of(stream) == files_[i]) continue;
    // A copy that a task closed may have become a file of its own.
    if (FileIdentity::of(copies_[i].get()) == files_[i]) ::dup2(copies_[i].get(), stream);
  }
}

}  // namespace leptir
