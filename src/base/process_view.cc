#include "base/process_view.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_text.h"
#include "base/read_file.h"

namespace leptir {
namespace {

constexpr auto kBootId = "/proc/sys/kernel/random/boot_id";
constexpr auto kNamespace = "/proc/self/ns/pid";
constexpr std::size_t kLongestBootId = 100;

}  // namespace

Result<ProcessView> processView() {
  auto boot = readFile(kBootId, kLongestBootId);
  if (!boot) return Error(ErrorCode::Unavailable, boot.error().message());
  std::erase(boot->text, '\n');
  struct stat info{};
  if (::stat(kNamespace, &info) != 0) return Error(ErrorCode::Unavailable, errnoText(errno)).in(kNamespace);
  return ProcessView{boot->text, std::to_string(info.st_ino) + " " + std::to_string(::geteuid())};
}

}  // namespace leptir
