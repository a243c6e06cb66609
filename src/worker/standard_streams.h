// Descriptors 0 to 2, which a task may close or give to other files.
#pragma once

#include <array>

#include "base/file_identity.h"
#include "base/unique_fd.h"

namespace leptir {

class StandardStreams {
 public:
  // Remembers what they are now, and holds a copy of each.
  StandardStreams();

  // Puts back those that are another file by now. Three system calls when none is.
  void restore() const;

 private:
  std::array<UniqueFd, 3> copies_;
  std::array<FileIdentity, 3> files_;
};

}  // namespace leptir
