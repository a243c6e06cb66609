#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace folder {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }
  bool isOpen() const { return number_ >= 0; }

 private:
  int number_;
};

bool writeAll(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<void> writeNewFile(const fs::path& file, std::string_view content, Durability durability) {
  const Descriptor opened(file, O_WRONLY | O_CREAT | O_TRUNC);
  if (!opened.isOpen() || !writeAll(opened.get(), content)) return failed(file);
  if (durability == Durability::PowerCut && ::fsync(opened.get()) != 0) return failed(file);
  return {};
}

}  // namespace

bool isThere(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Error failed(const fs::path& path) {
  return Error(ErrorCode::Unavailable, path.string() + ": " + std::strerror(errno));
}

Result<std::optional<std::string>> readFile(const fs::path& file) {
  const Descriptor opened(file, O_RDONLY);
  if (!opened.isOpen() && errno == ENOENT) return std::optional<std::string>();
  struct stat status{};
  if (!opened.isOpen() || ::fstat(opened.get(), &status) != 0) return failed(file);
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t filled = 0; filled < content.size();) {
    const auto got = ::read(opened.get(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(file);
    if (got == 0) content.resize(filled);
    filled += static_cast<std::size_t>(got);
  }
  return std::optional(std::move(content));
}

// Writes a second file beside the first, and gives it the name of the first.
Result<void> writeFile(const fs::path& file, std::string_view content, Durability durability) {
  const fs::path fresh = file.string() + ".new";
  auto written = writeNewFile(fresh, content, durability);
  if (!written && !isThere(file.parent_path())) {
    if (auto made = makeFolder(file.parent_path()); !made) return made;
    written = writeNewFile(fresh, content, durability);
  }
  if (!written) return written;
  return ::rename(fresh.c_str(), file.c_str()) == 0 ? Result<void>() : failed(file);
}

Result<void> moveFile(const fs::path& file, const fs::path& target) {
  if (::rename(file.c_str(), target.c_str()) == 0) return {};
  if (auto made = makeFolder(target.parent_path()); !made) return made;
  return ::rename(file.c_str(), target.c_str()) == 0 ? Result<void>() : failed(file);
}

Result<void> removeFile(const fs::path& file) {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return failed(file);
  return {};
}

Result<std::vector<fs::path>> filesBelow(const fs::path& path, std::string_view extension) {
  std::vector<fs::path> files;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(path, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;  // a file of another kind is no file of ours
    if (entry->path().extension() == extension && entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  if (error) return Error(ErrorCode::Unavailable, path.string() + ": " + error.message());
  return files;
}

Result<void> makeFolder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error && fs::is_directory(path, error)) return {};
  const bool isInTheWay = error == std::errc::not_a_directory || error == std::errc::file_exists || !error;
  return Error(isInTheWay ? ErrorCode::Invalid : ErrorCode::Unavailable,
               path.string() + ": " + (error ? error.message() : "is no folder"));
}

Result<void> syncFolders(const fs::path& path) {
  const Descriptor opened(path, O_RDONLY | O_DIRECTORY);
  if (!opened.isOpen() || ::fsync(opened.get()) != 0) return failed(path);
  std::error_code error;
  for (auto entry = fs::directory_iterator(path, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_directory(ignored) || entry->is_symlink(ignored)) continue;
    if (auto synced = syncFolders(entry->path()); !synced) return synced;
  }
  return error ? Error(ErrorCode::Unavailable, path.string() + ": " + error.message()) : Result<void>();
}

}  // namespace folder
