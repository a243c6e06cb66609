#include "base/process_view.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/errno_text.h"
#include "base/read_file.h"

namespace leptir::base {
namespace {

constexpr auto kBootId = "/proc/sys/kernel/random/boot_id";
constexpr auto kNamespace = "/proc/self/ns/pid";
constexpr std::size_t kMaxBootIdBytes = 100;

// Empty when /proc is mounted with subset=pid, as hardened services do; boot_id is missing there.
Result<std::string> bootId() {
  if (::access(kBootId, F_OK) != 0 && errno == ENOENT) return std::string();
  auto boot = readFile(kBootId, kMaxBootIdBytes);
  if (!boot) return Error(ErrorCode::Unavailable, boot.error().message());
  std::erase(boot->text, '\n');
  return std::move(boot->text);
}

}  // namespace

Result<ProcessView> processView() {
  auto boot = bootId();
  if (!boot) return boot.error();
  struct stat info{};
  if (::stat(kNamespace, &info) != 0) return Error(ErrorCode::Unavailable, errnoText(errno)).in(kNamespace);
  return ProcessView{std::move(*boot), std::to_string(info.st_ino) + " " + std::to_string(::geteuid())};
}

}  // namespace leptir::base
