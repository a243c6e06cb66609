#include "base/shared_access.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/private_file.h"
#include "base/unique_fd.h"

namespace leptir::base {
namespace {

mode_t groupRights(const struct stat& shared) {
  return shared.st_mode & S_IRWXG;
}

}  // namespace

void copyOwnerAndGroupAccess(int descriptor, const struct stat& model) {
  struct stat own{};
  if (::fstat(descriptor, &own) != 0) return;
  const bool isRoot = ::geteuid() == 0;
  if (isRoot && own.st_uid != model.st_uid) static_cast<void>(!::fchown(descriptor, model.st_uid, model.st_gid));
  copyGroupAccess(descriptor, model);
}

void copyGroupAccess(int descriptor, const struct stat& model) {
  struct stat own{};
  if (groupRights(model) == 0 || ::fstat(descriptor, &own) != 0) return;
  if (own.st_gid != model.st_gid) static_cast<void>(!::fchown(descriptor, static_cast<uid_t>(-1), model.st_gid));
  // Give rights only if the descriptor now has the group of the model.
  if (::fstat(descriptor, &own) != 0 || own.st_gid != model.st_gid) return;
  const mode_t mask = S_ISDIR(own.st_mode) ? S_IRWXG : S_IRGRP | S_IWGRP;
  mode_t group = groupRights(model) & mask;
  if (S_ISDIR(own.st_mode) && (group & S_IRGRP) != 0) group |= S_IXGRP;
  ::fchmod(descriptor, (own.st_mode & 07777) | group);
}

void shareNewSocketFile(int folder, const std::string& name) {
  const UniqueFd file(::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat shared{}, made{};
  if (!file || ::fstat(folder, &shared) != 0 || ::fstat(file.get(), &made) != 0) return;
  if (!S_ISSOCK(made.st_mode) || made.st_uid != ::geteuid() || made.st_nlink != 1) return;
  const auto owner = ::geteuid() == 0 ? shared.st_uid : static_cast<uid_t>(-1);
  static_cast<void>(!::fchownat(file.get(), "", owner, shared.st_gid, AT_EMPTY_PATH));
  // fchmod refuses a descriptor that was opened with O_PATH.
  ::chmod(("/proc/self/fd/" + std::to_string(file.get())).c_str(),
          kPrivateFile | (shared.st_mode & (S_IRGRP | S_IWGRP)));
}

}  // namespace leptir::base
