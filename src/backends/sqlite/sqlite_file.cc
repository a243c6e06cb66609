#include "backends/sqlite/sqlite_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "backends/sqlite/database_rights.h"
#include "base/errno_code.h"
#include "base/errno_text.h"
#include "base/private_file.h"

namespace leptir::sqlite {
namespace {

// SQLite's limit of 512 bytes, minus the longest suffix that it appends (-journal).
constexpr std::size_t kMaxPathBytes = 504;

struct FileSystem {
  std::uint32_t magic;
  const char* name;
};

// File systems of other machines, with which memory maps are not shared. FUSE is listed because it mostly means sshfs,
// s3fs or a shared folder of a virtual machine.
constexpr std::array<FileSystem, 11> kRemoteFileSystems{{{0x6969, "NFS"},
                                                         {0x517B, "SMB"},
                                                         {0xFF534D42, "CIFS"},
                                                         {0xFE534D42, "SMB2"},
                                                         {0x01021997, "9p"},
                                                         {0x65735546, "FUSE"},
                                                         {0x00C36400, "Ceph"},
                                                         {0x5346414F, "AFS"},
                                                         {0x73757245, "Coda"},
                                                         {0x0BD00BD0, "Lustre"},
                                                         {0x786F4256, "a VirtualBox shared folder"}}};

// The folder of the file, or, while that is not made yet, the nearest folder above it that exists.
std::filesystem::path nearestFolder(const SqliteFile& file) {
  std::error_code ignored;
  auto folder = file.path.parent_path();
  while (!std::filesystem::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

Result<void> refuseRemote(const SqliteFile& file) {
  const auto folder = nearestFolder(file);
  struct statfs info{};
  if (::statfs(folder.c_str(), &info) != 0) return {};  // opening the file will report the error
  const auto* const name = remoteFileSystem(static_cast<std::uint32_t>(info.f_type));
  if (name == nullptr) return {};
  return Error(ErrorCode::Invalid, file.where() + ": lies on " + name +
                                       ", where processes cannot share SQLite's log; choose a path on a local disk");
}

Result<void> makeFolder(const SqliteFile& file, const std::filesystem::path& folder) {
  const auto made = base::makePrivateFolder(folder);
  if (made) return {};
  return Error(made.error().code(),
               file.where() + ": cannot make the folder " + folder.string() + ": " + made.error().message() +
                   "; make it yourself, writable for the user that leptir runs as, or choose another path");
}

// SQLite derives the name of -wal from the name by which the database was opened: processes that open it by different
// names would use different logs and destroy each other's commits.
Result<void> refuseSecondName(const SqliteFile& file) {
  struct statx info{};
  if (::statx(AT_FDCWD, file.path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_NLINK | STATX_TYPE, &info) != 0) return {};
  const bool isMountedAlone = (info.stx_attributes & info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
  if (isMountedAlone) {
    return Error(ErrorCode::Invalid, file.where() +
                                         ": only this file is mounted, not its folder, but SQLite needs further files "
                                         "beside it; mount the folder instead of the file");
  }
  if (info.stx_nlink <= 1) return {};
  return Error(ErrorCode::Invalid, file.where() + ": has " + std::to_string(info.stx_nlink) +
                                       " names (hard links); processes that open it by different names would destroy "
                                       "each other's commits: remove all names but one");
}

// realPath() has resolved every link that leads to a file: if the path still is a link, its target does not exist.
Result<void> refuseDanglingLink(const SqliteFile& file) {
  std::error_code error;
  if (!std::filesystem::is_symlink(std::filesystem::symlink_status(file.path, error))) return {};
  return Error(ErrorCode::Unavailable, file.where() + ": is a symbolic link to " +
                                           std::filesystem::read_symlink(file.path, error).string() +
                                           ", where no file is: make that file (touch), or remove the link");
}

// Checks the path before any file is made or opened there.
Result<void> checkPath(const SqliteFile& file) {
  const auto length = file.path.string().size();
  if (file.path.empty()) return Error(ErrorCode::Invalid, "sqlite: the path is empty; name a file");
  if (length > kMaxPathBytes) {
    return Error(ErrorCode::Invalid, file.where() + ": the path has " + std::to_string(length) +
                                         " bytes, SQLite takes at most " + std::to_string(kMaxPathBytes) +
                                         ": choose a shorter path");
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(file.path, ignored)) {
    return Error(ErrorCode::Invalid, file.where() + ": is a folder; name a file in it");
  }
  if (auto leads = refuseDanglingLink(file); !leads) return leads;
  if (auto single = refuseSecondName(file); !single) return single;
  return refuseRemote(file);
}

// Whether the folder is in /proc, /sys or a cgroup: its permissions let root write, but no file can be made there.
bool isInKernelFileSystem(const std::filesystem::path& folder) {
  constexpr std::array<std::uint32_t, 4> kFileSystemsOfTheKernel{0x9FA0, 0x62656572, 0x63677270,
                                                                 0x27E0EB};  // proc, sys, cgroups
  struct statfs info{};
  if (::statfs(folder.c_str(), &info) != 0) return false;
  return std::ranges::find(kFileSystemsOfTheKernel, static_cast<std::uint32_t>(info.f_type)) !=
         kFileSystemsOfTheKernel.end();
}

Result<void> checkWritable(const SqliteFile& file, const std::filesystem::path& folder) {
  if (isInKernelFileSystem(folder)) {
    return Error(ErrorCode::Invalid, file.where() + ": no file can be made in " + folder.string() +
                                         ", which shows the kernel's state; choose a path on a local disk");
  }
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return Error(base::codeOfErrno(errno),
               file.where() + ": the folder " + folder.string() + " is not writable (" + std::strerror(errno) +
                   "), and SQLite makes further files beside the database; let the user that leptir runs as write to "
                   "that folder, or choose another path");
}

}  // namespace

const char* remoteFileSystem(std::uint32_t magic) {
  const auto found = std::ranges::find(kRemoteFileSystems, magic, &FileSystem::magic);
  return found == kRemoteFileSystems.end() ? nullptr : found->name;
}

std::filesystem::path realPath(const std::filesystem::path& path) {
  if (path.empty()) return path;
  std::error_code error;
  auto real = std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  return error ? path : real;
}

std::filesystem::path sessionLockPath(const std::filesystem::path& database, std::string_view instance) {
  return database.string() + ".d/" + std::string(instance) + ".lock";
}

Error notMadeYet(const SqliteFile& file) {
  return Error(ErrorCode::NotFound, file.where() + ": is not made yet; the first push or start makes it");
}

Result<void> checkExists(const SqliteFile& file) {
  if (auto fine = checkPath(file); !fine) return fine;
  struct stat info{};
  if (auto trusted = checkDatabaseOwner(file); !trusted) return trusted;
  if (auto trusted = checkCompanions(file); !trusted) return trusted;
  if (::stat(file.path.c_str(), &info) == 0) return {};
  if (errno != ENOENT) return Error(base::codeOfErrno(errno), file.where() + ": " + base::errnoText(errno));
  if (auto writable = checkWritable(file, nearestFolder(file)); !writable) return writable.error();
  return notMadeYet(file);
}

Result<void> prepareFiles(const SqliteFile& file) {
  if (auto fine = checkPath(file); !fine) return fine;
  const auto folder = file.path.parent_path();
  if (auto made = makeFolder(file, folder); !made) return made;
  if (auto writable = checkWritable(file, folder); !writable) return writable;
  if (auto made = makeDatabaseFile(file); !made) return made;
  if (auto trusted = checkCompanions(file); !trusted) return trusted;
  return makeSideFolder(file);
}

}  // namespace leptir::sqlite
