#include "service/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "base/errno_code.h"
#include "base/errno_text.h"
#include "base/read_file.h"
#include "base/unique_fd.h"

namespace leptir::service {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxComparedBytes = 1 << 20;

Error failure(const fs::path& path, int error) {
  return Error(base::codeOfErrno(error), path.string() + ": " + base::errnoText(error));
}

Error refusal(const fs::path& path, const std::string& what) {
  return Error(ErrorCode::Lost, path.string() + ": " + what + ": look at it, then use --force to replace it");
}

Result<Written> compare(const fs::path& path, const InstalledFile& file, Existing existing) {
  std::error_code failed;
  const auto status = fs::symlink_status(path, failed);
  if (status.type() == fs::file_type::not_found) return Written::New;
  if (status.type() == fs::file_type::none) return failure(path, failed.value());
  if (fs::is_directory(status)) return failure(path, EISDIR);
  if (fs::is_symlink(status)) {
    const auto target = fs::read_symlink(path, failed).string();
    if (existing == Existing::Replace) return Written::New;
    return refusal(path, "is a symbolic link to " + target + (target == "/dev/null" ? " (a masked unit)" : ""));
  }
  if (!fs::is_regular_file(status))
    return Error(ErrorCode::Invalid, path.string() + ": is a device, a pipe or a socket: remove it first");
  const auto read = base::readFile(path, kMaxComparedBytes);
  if (read && read->text == file.text && (read->info.st_mode & 07777) == file.mode) return Written::Unchanged;
  if (existing == Existing::Replace) return Written::New;
  return refusal(path, "is there already and differs");
}

Result<void> makeFolder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return failure(folder, failed.value());
  return {};
}

bool writeAll(const base::UniqueFd& to, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(to.get(), text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(to.get()) == 0;
}

// The new file gets its name when it is complete.
Result<void> replace(const fs::path& path, const InstalledFile& file) {
  auto name = (path.parent_path() / ("." + path.filename().string() + ".XXXXXX")).string();
  const base::UniqueFd made(::mkostemp(name.data(), O_CLOEXEC));
  if (!made) return failure(path, errno);
  const bool isComplete =
      writeAll(made, file.text) && ::fchmod(made.get(), file.mode) == 0 && ::rename(name.c_str(), path.c_str()) == 0;
  if (isComplete) return {};
  const int error = errno;
  ::unlink(name.c_str());
  return failure(path, error);
}

}  // namespace

fs::path below(const fs::path& root, const fs::path& path) {
  return root / path.relative_path();
}

Result<std::vector<Written>> writeFiles(const fs::path& root, const std::vector<InstalledFile>& files,
                                        Existing existing) {
  std::vector<Written> written;
  for (const auto& file : files) {
    const auto compared = compare(below(root, file.path), file, existing);
    if (!compared) return compared.error();
    written.push_back(*compared);
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (written[i] == Written::Unchanged) continue;
    const auto path = below(root, files[i].path);
    if (auto made = makeFolder(path.parent_path()); !made) return made.error();
    if (auto replaced = replace(path, files[i]); !replaced) return replaced.error();
  }
  return written;
}

}  // namespace leptir::service
