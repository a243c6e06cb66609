#include "instance/say.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/escape.h"
#include "base/nonblocking_output.h"

namespace leptir {

void sayOn(int stream, const std::string& text) {
  constexpr Duration kPatience = std::chrono::seconds(1);
  const NonBlockingOutput output(stream);
  for (std::string_view left = text; !left.empty();) {
    const auto written = output.write(left);
    if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
    if (written <= 0 && (errno != EAGAIN || !output.waitForRoom(kPatience))) return;
  }
}

void sayOnStderr(const std::string& sentence) {
  sayOn(STDERR_FILENO, "leptir: " + escapedLines(sentence) + "\n");
}

int complain(const Error& error, int status) {
  sayOnStderr(error.message());
  return status;
}

}  // namespace leptir
