#include "backends/sqlite/database_rights.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "backends/sqlite/read_only_database.h"
#include "backends/sqlite/sqlite_connection.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "base/errno_code.h"
#include "base/errno_text.h"
#include "base/private_file.h"
#include "base/shared_access.h"

namespace leptir::sqlite {
namespace {

namespace fs = std::filesystem;

bool isOurGroup(gid_t group) {
  if (group == ::getegid()) return true;
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  return count > 0 && std::find(groups.begin(), groups.begin() + count, group) != groups.begin() + count;
}

bool isSharedWithUs(const struct stat& info) {
  constexpr mode_t kReadAndWrite = S_IRGRP | S_IWGRP;
  return (info.st_mode & kReadAndWrite) == kReadAndWrite && isOurGroup(info.st_gid);
}

// Whether a file or folder beside the database belongs to a user who may use the database.
bool hasTrustedOwner(const struct stat& beside, const struct stat& database) {
  const bool isOfTheSameGroup = isSharedWithUs(database) && beside.st_gid == database.st_gid;
  return base::isTrustedOwner(beside.st_uid) || beside.st_uid == database.st_uid || isOfTheSameGroup;
}

Error systemErrorOf(int error) {
  return Error(base::codeOfErrno(error), base::errnoText(error));
}

Error cannotMake(const SqliteFile& file, const std::string& what, const Error& why) {
  return Error(why.code(), file.where() + ": cannot make " + what + ": " + why.message() +
                               "; let the user that leptir runs as write there, or choose another path");
}

Result<void> checkSideFolder(const SqliteFile& file, const struct stat& database) {
  struct stat info{};
  if (::lstat(file.folder().c_str(), &info) != 0) return cannotMake(file, file.folder().string(), systemErrorOf(errno));
  if (!S_ISDIR(info.st_mode)) {
    return Error(ErrorCode::Invalid, file.where() + ": " + file.folder().string() +
                                         " must be a folder: move away what is there, or choose another path");
  }
  if (hasTrustedOwner(info, database)) return {};
  return Error(ErrorCode::Invalid, file.where() + ": " + file.folder().string() + " belongs to " +
                                       base::describeUser(info.st_uid) +
                                       ", who is not the database's owner: remove it, and leptir makes it again");
}

Result<void> checkCompanion(const SqliteFile& file, const std::string& path, const struct stat& database) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISREG(info.st_mode)) {
    return Error(ErrorCode::Invalid,
                 file.where() + ": " + path +
                     " is where SQLite keeps a side file of the database, but it is no plain file: remove it");
  }
  if (!hasTrustedOwner(info, database)) {
    const std::string advice = isSharedWithUs(database) ? "; the group's files need a folder with chmod g+s" : "";
    return Error(ErrorCode::Invalid,
                 file.where() + ": " + path + " belongs to " + base::describeUser(info.st_uid) +
                     ", who is not the database's owner: end the processes that use the database and remove that file" +
                     advice);
  }
  const bool isWrittenByUs = ::access(file.path.c_str(), W_OK) == 0;
  if (!isWrittenByUs || ::access(path.c_str(), R_OK | W_OK) == 0) return {};
  return Error(ErrorCode::Unavailable, file.where() + ": " + path +
                                           " cannot be read and written, though the database " + "can: let " +
                                           base::describeUser(::geteuid()) + " do so (chmod u+rw)");
}

// Whether users other than the owner and the group can reach the file; the mode of a folder above it may forbid that.
bool canOtherUsersReach(const fs::path& file) {
  for (auto folder = file.parent_path();; folder = folder.parent_path()) {
    struct stat info{};
    if (::stat(folder.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) == 0) return false;
    if (!folder.has_relative_path()) return true;
  }
}

}  // namespace

Result<void> makeDatabaseFile(const SqliteFile& file) {
  // Never opens an existing database: when a process closes any descriptor of a file, the kernel drops all locks that
  // SQLite holds on that file in the process.
  auto made = base::openPrivateFile(file.path, O_RDWR | O_CREAT | O_EXCL);
  struct stat folder{};
  if (made && ::geteuid() == 0 && ::stat(file.path.parent_path().c_str(), &folder) == 0) {
    folder.st_mode &= ~S_IRWXG;
    base::copyOwnerAndGroupAccess(made->get(), folder);
  }
  if (made) return {};
  std::error_code ignored;
  if (fs::exists(file.path, ignored)) return checkDatabaseOwner(file);
  return cannotMake(file, "the file", made.error());
}

// Root may use the database of any user: `sudo leptir push`.
Result<void> checkDatabaseOwner(const SqliteFile& file) {
  struct stat info{};
  if (::geteuid() == 0 || ::stat(file.path.c_str(), &info) != 0) return {};
  if (base::isTrustedOwner(info.st_uid) || isSharedWithUs(info)) return {};
  return Error(ErrorCode::Invalid, file.where() + ": belongs to " + base::describeUser(info.st_uid) +
                                       ", and leptir runs as " + base::describeUser(::geteuid()) +
                                       ": run leptir as its owner, or let both users share it by a group (chgrp, and "
                                       "chmod 660)");
}

Result<void> makeSideFolder(const SqliteFile& file) {
  struct stat database{};
  if (::stat(file.path.c_str(), &database) != 0) return cannotMake(file, "the file", systemErrorOf(errno));
  const auto made = base::makeNewPrivateFolder(file.folder());
  if (made) {
    const base::UniqueFd folder(::open(file.folder().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder) base::copyOwnerAndGroupAccess(folder.get(), database);
    return {};
  }
  if (made.error().code() != ErrorCode::Lost) {
    return cannotMake(file, "the folder " + file.folder().string(), made.error());
  }
  return checkSideFolder(file, database);
}

Result<void> checkCompanions(const SqliteFile& file) {
  struct stat database{};
  if (::stat(file.path.c_str(), &database) != 0) database.st_uid = ::geteuid();
  for (const auto* suffix : {"-wal", "-shm", "-journal"}) {
    if (auto fine = checkCompanion(file, file.path.string() + suffix, database); !fine) return fine;
  }
  return {};
}

Result<void> checkWriteAccess(SqliteConnection& connection) {
  if (connection.isReadOnly()) return cannotBeWritten(connection.file());
  SqliteTransaction write(connection, TransactionKind::Write);
  if (auto begun = connection.transactionResult(); !begun) return begun;
  const auto& file = connection.file();
  struct stat folder{}, database{};
  const bool isThere = ::lstat(file.folder().c_str(), &folder) == 0 && ::stat(file.path.c_str(), &database) == 0;
  if (!isThere) return {};
  if (auto fine = checkSideFolder(file, database); !fine) return fine;
  if (::access(file.folder().c_str(), W_OK | X_OK) == 0) return {};
  return cannotMake(file, "files in " + file.folder().string(), systemErrorOf(errno));
}

std::optional<StoreFinding> findingOfRights(const SqliteFile& file) {
  std::string open;
  for (const auto* suffix : {"", "-wal", "-shm", ".d"}) {
    const auto path = file.path.string() + suffix;
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IRWXO) != 0) open += " " + path;
  }
  if (open.empty() || !canOtherUsersReach(file.path)) return {};
  return StoreFinding{
      FindingSeverity::Warning, "rights",
      file.where() + ": every user of this machine may read it and hold its locks, which stops all pushes",
      "chmod o-rwx" + open};
}

std::vector<std::string> rightsWarnings(const SqliteFile& file) {
  const auto finding = findingOfRights(file);
  return finding ? std::vector{warningOf(*finding)} : std::vector<std::string>();
}

}  // namespace leptir::sqlite
