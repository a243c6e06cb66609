#include "base/instance_mark.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/errno_text.h"
#include "base/proc_text.h"
#include "base/unique_fd.h"

namespace leptir {
namespace {

constexpr std::size_t kBytes = 4096;

std::string nameOf(std::string_view instance) {
  return "leptir-session-" + std::string(instance);
}

}  // namespace

Result<void> bearMark(std::string_view instance) {
  const auto complain = [] { return Error(ErrorCode::Unavailable, "the mark of this instance: " + errnoText(errno)); };
  const UniqueFd file(::memfd_create(nameOf(instance).c_str(), MFD_CLOEXEC));
  if (!file || ::ftruncate(file.get(), kBytes) != 0) return complain();
  // Never unmapped: it goes with the process.
  if (::mmap(nullptr, kBytes, PROT_NONE, MAP_SHARED, file.get(), 0) == MAP_FAILED) return complain();
  return {};
}

Membership markOf(pid_t process, std::string_view instance) {
  const auto maps = readProcText(process, "maps");
  if (!maps) return maps.error().code() == ErrorCode::NotFound ? Membership::No : Membership::CannotTell;
  const auto mark = "/memfd:" + nameOf(instance) + ' ';
  return maps->find(mark) != std::string::npos ? Membership::Yes : Membership::No;
}

}  // namespace leptir
