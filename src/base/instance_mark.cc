#include "base/instance_mark.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/errno_text.h"
#include "base/proc_text.h"
#include "base/unique_fd.h"

namespace leptir::base {
namespace {

constexpr std::size_t kMarkBytes = 4096;

std::string instanceMarkName(std::string_view instance) {
  return "leptir-session-" + std::string(instance);
}

std::string masterMarkName(std::string_view instance) {
  return "leptir-master-" + std::string(instance);
}

Membership membershipOnError(const std::error_code& error) {
  const bool gone = error == std::errc::no_such_file_or_directory || error == std::errc::no_such_process;
  return gone ? Membership::No : Membership::CannotTell;
}

}  // namespace

Result<void> setInstanceMark(std::string_view instance) {
  const auto complain = [] { return Error(ErrorCode::Unavailable, "cannot mark this process: " + errnoText(errno)); };
  const UniqueFd file(::memfd_create(instanceMarkName(instance).c_str(), MFD_CLOEXEC));
  if (!file || ::ftruncate(file.get(), kMarkBytes) != 0) return complain();
  // Never unmapped: the kernel removes the mapping when the process ends.
  if (::mmap(nullptr, kMarkBytes, PROT_NONE, MAP_SHARED, file.get(), 0) == MAP_FAILED) return complain();
  return {};
}

Membership checkInstanceMark(pid_t process, std::string_view instance) {
  const auto maps = readProcText(process, "maps");
  if (!maps) return maps.error().code() == ErrorCode::NotFound ? Membership::No : Membership::CannotTell;
  const auto mark = "/memfd:" + instanceMarkName(instance) + ' ';
  return maps->find(mark) != std::string::npos ? Membership::Yes : Membership::No;
}

Result<UniqueFd> setMasterMark(std::string_view instance) {
  UniqueFd sign(::memfd_create(masterMarkName(instance).c_str(), MFD_CLOEXEC));
  if (!sign) return Error(ErrorCode::Unavailable, "cannot mark the master: " + errnoText(errno));
  return sign;
}

Membership checkMasterMark(pid_t process, std::string_view instance) {
  const auto sign = "/memfd:" + masterMarkName(instance) + ' ';
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/" + std::to_string(process) + "/fd", error);
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::error_code closed;  // ignored: the descriptor may have been closed meanwhile
    if (std::filesystem::read_symlink(entry->path(), closed).native().starts_with(sign)) return Membership::Yes;
  }
  return error ? membershipOnError(error) : Membership::No;
}

}  // namespace leptir::base
