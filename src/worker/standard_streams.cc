#include "worker/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace leptir::worker {

StandardStreams::StandardStreams() {
  for (int stream = 0; stream < 3; ++stream) {
    const auto i = static_cast<std::size_t>(stream);
    files_[i] = base::FileIdentity::of(stream);
    copies_[i] = base::UniqueFd(::fcntl(stream, F_DUPFD_CLOEXEC, 3));
  }
}

void StandardStreams::restore() const {
  for (int stream = 0; stream < 3; ++stream) {
    const auto i = static_cast<std::size_t>(stream);
    if (!copies_[i] || base::FileIdentity::of(stream) == files_[i]) continue;
    // A task may have closed the duplicate and opened another file under its number.
    if (base::FileIdentity::of(copies_[i].get()) == files_[i]) ::dup2(copies_[i].get(), stream);
  }
}

}  // namespace leptir::worker
