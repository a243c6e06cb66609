// Descriptors 0 to 2, which a task may close or give to other files.
#pragma once

#include <array>

#include "base/file_identity.h"
#include "base/unique_fd.h"

namespace leptir::worker {

class StandardStreams {
 public:
  // Remembers which files they refer to now, and keeps a duplicate of each descriptor.
  StandardStreams();

  // Puts back each stream that refers to another file by now. Three system calls when none does.
  void restore() const;

 private:
  std::array<base::UniqueFd, 3> copies_;
  std::array<base::FileIdentity, 3> files_;
};

}  // namespace leptir::worker
