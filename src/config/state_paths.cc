#include "config/state_paths.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "base/errno_code.h"
#include "base/errno_text.h"
#include "base/private_file.h"

namespace leptir::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRootStateFolder = "/var/lib/leptir";
constexpr std::string_view kRootRunFolder = "/run/leptir";
constexpr std::string_view kMakeHint = "make it, or ";

bool isRoot() {
  return ::geteuid() == 0;
}

// An absolute path from an environment variable. Relative paths are ignored, as the XDG specification demands.
std::optional<fs::path> pathFrom(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || value[0] != '/') return {};
  return fs::path(value);
}

bool canWrite(const fs::path& folder) {
  return ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

bool canUseRootRunFolder() {
  return fs::exists(kRootRunFolder) ? canWrite(kRootRunFolder) : canWrite(fs::path(kRootRunFolder).parent_path());
}

// FNV-1a: short, and the same in every version and on every machine.
std::uint64_t hashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Does not throw if the working folder is gone.
fs::path absoluteOf(const fs::path& path) {
  std::error_code failed;
  auto absolute = fs::absolute(path, failed);
  return failed ? path : absolute;
}

std::string hexHashOf(const fs::path& path) {
  return fmt::format("{:016x}", hashOf(path.string()));
}

Error failure(const fs::path& folder, const Error& why, std::string_view remedy) {
  return Error(
      why.code() == ErrorCode::Unavailable ? ErrorCode::Unavailable : ErrorCode::Invalid,
      fmt::format("folder {}: {}: {}set XDG_STATE_HOME to a folder that can be written (--pid names another place for "
                  "the pid file alone)",
                  folder.string(), why.message(), remedy));
}

bool isLeptirFolder(const fs::path& folder) {
  const auto state = stateFolder(), run = runFolder();
  return (state && folder == *state) || (run && folder == *run);
}

// Leptir's own folders must belong to its user or to root; the folders above them may belong to anyone.
Result<void> checkOwnerOf(const fs::path& folder) {
  struct stat info{};
  if (!isLeptirFolder(folder) || ::stat(folder.c_str(), &info) != 0) return {};
  if (auto trusted = base::checkOwner(info); !trusted) return failure(folder, trusted.error(), "");
  return {};
}

// The folder itself or the nearest one above it that exists. A symbolic link to a missing file counts as existing.
fs::path nearestExisting(fs::path folder) {
  struct stat info{};
  while (::lstat(folder.c_str(), &info) != 0 && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

}  // namespace

Result<fs::path> stateFolder() {
  if (const auto state = pathFrom("XDG_STATE_HOME")) return *state / "leptir";
  if (isRoot()) return fs::path(kRootStateFolder);
  if (const auto home = pathFrom("HOME")) return *home / ".local/state/leptir";
  return Error(ErrorCode::Invalid, "no place for leptir's state: set HOME or XDG_STATE_HOME to an absolute path");
}

Result<fs::path> runFolder() {
  const bool isSystem = isRoot() && !pathFrom("XDG_STATE_HOME");
  if (isSystem && canUseRootRunFolder()) return fs::path(kRootRunFolder);
  return stateFolder();
}

Result<fs::path> defaultDatabase() {
  auto folder = stateFolder();
  if (!folder) return folder;
  return *folder / "leptir.db";
}

// Made absolute first, since weakly_canonical does not do so for a relative path whose file is gone.
std::string instanceKey(const Config& config) {
  if (config.file.empty()) return "default";
  const auto given = absoluteOf(config.file);
  std::error_code failed;
  const auto real = fs::weakly_canonical(given, failed);
  return hexHashOf(failed ? given : real);
}

Result<fs::path> pidFileFor(const Config& config) {
  auto folder = runFolder();
  if (!folder) return folder;
  return *folder / (instanceKey(config) + ".pid");
}

Result<fs::path> aliasFileFor(const Config& config) {
  if (config.file.empty()) return fs::path();
  auto folder = runFolder();
  if (!folder) return folder;
  return *folder / (hexHashOf(absoluteOf(config.file).lexically_normal()) + ".alias");
}

fs::path statusBoardBeside(const fs::path& pidFile) {
  auto board = pidFile;
  if (board.extension() == ".pid") return board.replace_extension(".board");
  return board += ".board";
}

Result<void> makeFolderFor(const fs::path& file) {
  const auto folder = absoluteOf(file).parent_path();
  if (auto made = base::makePrivateFolder(folder); !made) return failure(folder, made.error(), kMakeHint);
  return checkOwnerOf(folder);
}

Result<void> checkFolderFor(const fs::path& file) {
  const auto folder = absoluteOf(file).parent_path();
  const auto nearest = nearestExisting(folder);
  std::error_code ignored;
  const int error = !fs::is_directory(nearest, ignored) ? ENOTDIR : canWrite(nearest) ? 0 : errno;
  if (error != 0) {
    return failure(folder, Error(base::codeOfErrno(error), base::errnoText(error)), nearest == folder ? "" : kMakeHint);
  }
  return checkOwnerOf(folder);
}

}  // namespace leptir::config
