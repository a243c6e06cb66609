// Prints the ids of pushed tasks to stdout, one a line. If stdout cannot be written the tasks are in the queue all the
// same, so their ids go to stderr.
#pragma once

#include <string>
#include <vector>

#include "leptir/result.h"

namespace leptir::cli {

class IdPrinter {
 public:
  explicit IdPrinter(bool quiet) : quiet_(quiet) {}

  // Invalid: standard output is closed. Call this before opening any store: its descriptor would become number 1.
  Result<void> check() const;
  // Returns false if the ids could not be written; stderr then says which tasks were added.
  bool print(const std::vector<std::string>& ids) const;

 private:
  bool quiet_;
};

}  // namespace leptir::cli
