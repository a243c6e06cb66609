#include "cli/id_printer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/id_list.h"
#include "cli/print.h"

namespace leptir::cli {

bool writeOutput(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return true;
}

bool isOutputOpen() {
  const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

Result<void> checkOutput(bool quiet, std::string_view what) {
  if (quiet || isOutputOpen()) return {};
  const std::string printed(what);
  return Error(ErrorCode::Invalid, "standard output is closed, so the " + printed +
                                       " could not be printed: nothing was pushed; use --quiet to push without " +
                                       printed);
}

bool IdPrinter::afterPush(const std::vector<std::string>& ids) {
  if (quiet_ || ids.empty()) return true;
  std::string lines;
  for (const auto& id : ids) lines += id + '\n';
  if (writeOutput(lines)) return true;
  printError("leptir push: cannot write to standard output: {}; these tasks were added all the same: {}",
             std::strerror(errno), base::idList(ids));
  return false;
}

}  // namespace leptir::cli
