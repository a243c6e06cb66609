#include "instance/terminal_output.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/error_text.h"
#include "base/nonblocking_output.h"

namespace leptir::instance {

void printOn(int stream, const std::string& text) {
  constexpr Duration kReaderTimeout = std::chrono::seconds(1);
  const base::NonBlockingOutput output(stream);
  for (std::string_view left = text; !left.empty();) {
    const auto written = output.write(left);
    if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
    if (written <= 0 && (errno != EAGAIN || !output.waitUntilWritable(kReaderTimeout))) return;
  }
}

void printOnStderr(const std::string& sentence) {
  printOn(STDERR_FILENO, base::commandErrorText(sentence));
}

int reportError(const Error& error, int status) {
  printOnStderr(error.message());
  return status;
}

}  // namespace leptir::instance
