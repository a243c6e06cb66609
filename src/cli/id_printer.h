// Prints the ids of pushed tasks to stdout, one a line. If stdout cannot be written the tasks are in the queue all the
// same, so their ids go to stderr.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/push_observer.h"
#include "leptir/result.h"

namespace leptir::cli {

// Call this, and checkOutput, before opening any store: its descriptor would become number 1.
bool isOutputOpen();
// Invalid: standard output is closed, unless `quiet`. `what` is what could not be printed.
Result<void> checkOutput(bool quiet, std::string_view what);
// Writes the text to stdout. False: that failed, and errno says why.
bool writeOutput(std::string_view text);

class IdPrinter final : public PushObserver {
 public:
  explicit IdPrinter(bool quiet) : quiet_(quiet) {}

  // If the ids could not be written, stderr says which tasks were added.
  bool afterPush(const std::vector<std::string>& ids) override;

 private:
  bool quiet_;
};

}  // namespace leptir::cli
