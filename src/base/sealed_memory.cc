#include "base/sealed_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/errno_text.h"
#include "base/file_identity.h"

namespace leptir::base {

Result<UniqueFd> makeSealedMemory(const char* name, std::size_t bytes) {
  UniqueFd memory(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  const bool isMade = memory && ::ftruncate(memory.get(), static_cast<off_t>(bytes)) == 0 &&
                      ::fcntl(memory.get(), F_ADD_SEALS, kSeals) == 0;
  if (!isMade) return Error(ErrorCode::Unavailable, "cannot create shared memory: " + errnoText(errno));
  return memory;
}

SharedMemoryLocation SharedMemoryLocation::of(const UniqueFd& memory) {
  const auto file = FileIdentity::of(memory.get());
  return {.process = ::getpid(), .descriptor = memory.get(), .device = file.device, .inode = file.inode};
}

// The identity is checked before the file is opened: the process number may belong to another process by now, and
// opening its devices or pipes could have side effects.
Result<UniqueFd> openSharedMemoryAt(const SharedMemoryLocation& place) {
  const auto path = "/proc/" + std::to_string(place.process) + "/fd/" + std::to_string(place.descriptor);
  const FileIdentity wanted{place.device, place.inode};
  const auto isThere = [&wanted](const FileIdentity& found) { return found.inode != 0 && found == wanted; };
  const Error gone(ErrorCode::NotFound, path + ": is not the expected shared memory any more");
  if (!isThere(FileIdentity::of(path.c_str()))) return gone;
  UniqueFd memory(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!memory) return Error(ErrorCode::Unavailable, path + ": " + errnoText(errno));
  if (!isThere(FileIdentity::of(memory.get()))) return gone;
  return memory;
}

}  // namespace leptir::base
