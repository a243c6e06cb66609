#include "cli/id_printer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/id_list.h"
#include "cli/print.h"

namespace leptir::cli {
namespace {

bool writeAll(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const auto written = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return false;
    done += written > 0 ? static_cast<std::size_t>(written) : 0;
  }
  return true;
}

}  // namespace

Result<void> IdPrinter::check() const {
  const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  const bool isOpen = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
  if (quiet_ || isOpen) return {};
  return Error(ErrorCode::Invalid,
               "standard output is closed, so the ids could not be printed: nothing was pushed; use --quiet to push "
               "without ids");
}

bool IdPrinter::print(const std::vector<std::string>& ids) const {
  if (quiet_ || ids.empty()) return true;
  std::string lines;
  for (const auto& id : ids) lines += id + '\n';
  if (writeAll(lines)) return true;
  printError("leptir push: cannot write to standard output: {}; these tasks were added all the same: {}",
             std::strerror(errno), base::idList(ids));
  return false;
}

}  // namespace leptir::cli
