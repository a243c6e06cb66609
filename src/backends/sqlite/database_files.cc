#include "backends/sqlite/database_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "backends/sqlite/file_lookup.h"

namespace leptir::sqlite {
namespace {

enum class FileComparison { Same, Other, Empty };

FileComparison compare(const std::string& path, const base::FileIdentity& noted) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return isMissing(errno) ? FileComparison::Other : FileComparison::Same;
  if (base::FileIdentity{info.st_dev, info.st_ino} != noted) return FileComparison::Other;
  return info.st_size == 0 ? FileComparison::Empty : FileComparison::Same;
}

}  // namespace

Result<DatabaseFiles> DatabaseFiles::note(const std::filesystem::path& database, WalFiles log) {
  DatabaseFiles noted;
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    if (*suffix != '\0' && log == WalFiles::Absent) break;
    auto path = database.string() + suffix;
    const auto named = fileNamedBy(path);
    if (!named) return Error(ErrorCode::Unavailable, named.error().message());
    // SQLite shares -shm among the connections of one process: while an older connection has a removed -shm open, a new
    // connection would use the removed one, too.
    if (!isOpenInThisProcess(*named)) return Error(ErrorCode::Unavailable, path + ": was replaced while it was opened");
    noted.files_.push_back({std::move(path), *named});
  }
  noted.wasEmpty_ = compare(database.string(), noted.database()) == FileComparison::Empty;
  return noted;
}

DatabaseFiles::State DatabaseFiles::check() const {
  if (files_.empty()) return State::Replaced;
  for (const auto& [path, identity] : files_) {
    const auto found = compare(path, identity);
    if (found == FileComparison::Other) return State::Replaced;
    const bool isDatabase = &path == &files_.front().path;  // an empty -wal is normal
    if (found == FileComparison::Empty && isDatabase && !wasEmpty_) return State::Emptied;
  }
  return State::AsOpened;
}

}  // namespace leptir::sqlite
