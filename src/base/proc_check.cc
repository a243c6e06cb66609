#include "base/proc_check.h"

#include <unistd.h>

#include <string>
#include <string_view>

namespace leptir::base {

Result<void> checkProcFilesystem() {
  constexpr std::string_view kRemedy =
      ", and an instance needs that of its own PID namespace: mount -t proc proc /proc";
  char number[32];
  const auto bytes = ::readlink("/proc/self", number, sizeof number);
  if (bytes <= 0 || ::access("/proc/self/fd", X_OK) != 0)
    return Error(ErrorCode::Unavailable, "/proc is not mounted" + std::string(kRemedy));
  if (std::string_view(number, static_cast<std::size_t>(bytes)) == std::to_string(::getpid())) return {};
  return Error(ErrorCode::Unavailable, "/proc shows the processes of another PID namespace" + std::string(kRemedy));
}

}  // namespace leptir::base
