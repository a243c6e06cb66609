#include "backends/sqlite/open_files.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace leptir {
namespace {

enum class Finding { Same, Other, Empty };

Finding compare(const std::string& path, const FilePlace& noted) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return isMissing(errno) ? Finding::Other : Finding::Same;
  if (FilePlace{info.st_dev, info.st_ino} != noted) return Finding::Other;
  return info.st_size == 0 ? Finding::Empty : Finding::Same;
}

}  // namespace

Result<OpenFiles> OpenFiles::note(const std::filesystem::path& database, Log log) {
  OpenFiles noted;
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    if (*suffix != '\0' && log == Log::IsUnused) break;
    auto path = database.string() + suffix;
    const auto place = placeOf(path);
    if (!place) return Error(ErrorCode::Unavailable, place.error().message());
    // Connections of one process share -shm: a new one works on a removed file for as long as an older one has it open.
    if (!isOpenHere(*place)) return Error(ErrorCode::Unavailable, path + ": was replaced while it was opened");
    noted.files_.push_back({std::move(path), *place});
  }
  noted.wasEmpty_ = compare(database.string(), noted.database()) == Finding::Empty;
  return noted;
}

OpenFiles::State OpenFiles::look() const {
  if (files_.empty()) return State::Replaced;
  for (const auto& [path, place] : files_) {
    const auto found = compare(path, place);
    if (found == Finding::Other) return State::Replaced;
    const bool isDatabase = &path == &files_.front().path;  // an empty log is an ordinary one
    if (found == Finding::Empty && isDatabase && !wasEmpty_) return State::Emptied;
  }
  return State::AsOpened;
}

}  // namespace leptir
