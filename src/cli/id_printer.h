// Standard output of `push`: one id a line. Tasks whose ids cannot be printed are added all the same, so that is said.
#pragma once

#include <string>
#include <vector>

#include "leptir/result.h"

namespace leptir {

class IdPrinter {
 public:
  explicit IdPrinter(bool quiet) : quiet_(quiet) {}

  // Invalid: standard output is closed. To be asked before anything is opened, which would take its descriptor.
  Result<void> check() const;
  // False: the ids could not be written; stderr says which tasks were added.
  bool print(const std::vector<std::string>& ids) const;

 private:
  bool quiet_;
};

}  // namespace leptir
