#include "config/state_paths.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "base/private_file.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRootState = "/var/lib/leptir";
constexpr std::string_view kRootRun = "/run/leptir";

bool isRoot() {
  return ::geteuid() == 0;
}

// An absolute path from the environment; others mean nothing, as the XDG rules have it.
std::optional<fs::path> pathFrom(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || value[0] != '/') return {};
  return fs::path(value);
}

bool canWrite(const fs::path& folder) {
  return ::access(folder.c_str(), W_OK | X_OK) == 0;
}

bool canHaveRootRun() {
  return fs::exists(kRootRun) ? canWrite(kRootRun) : canWrite(fs::path(kRootRun).parent_path());
}

// FNV-1a: short, and the same in every version and on every machine.
std::uint64_t hashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

Error failure(const fs::path& folder, const Error& why, std::string_view remedy) {
  return Error(
      ErrorCode::Invalid,
      fmt::format("folder {}: {}{}, or set XDG_STATE_HOME to a folder that can be written (--pid names another place "
                  "for the pid file alone)",
                  folder.string(), why.message(), remedy));
}

bool isOneOfOurFolders(const fs::path& folder) {
  const auto state = stateFolder(), run = runFolder();
  return (state && folder == *state) || (run && folder == *run);
}

}  // namespace

Result<fs::path> stateFolder() {
  if (const auto state = pathFrom("XDG_STATE_HOME")) return *state / "leptir";
  if (isRoot()) return fs::path(kRootState);
  if (const auto home = pathFrom("HOME")) return *home / ".local/state/leptir";
  return Error(ErrorCode::Invalid, "no place for leptir's state: set HOME or XDG_STATE_HOME to an absolute path");
}

Result<fs::path> runFolder() {
  const bool isSystem = isRoot() && !pathFrom("XDG_STATE_HOME");
  if (isSystem && canHaveRootRun()) return fs::path(kRootRun);
  return stateFolder();
}

Result<fs::path> defaultDatabase() {
  auto folder = stateFolder();
  if (!folder) return folder;
  return *folder / "leptir.db";
}

std::string instanceKey(const Config& config) {
  if (config.file.empty()) return "default";
  std::error_code failed;
  const auto real = fs::weakly_canonical(config.file, failed);
  return fmt::format("{:016x}", hashOf((failed ? fs::absolute(config.file) : real).string()));
}

Result<fs::path> pidFileFor(const Config& config) {
  auto folder = runFolder();
  if (!folder) return folder;
  return *folder / (instanceKey(config) + ".pid");
}

Result<fs::path> aliasFileFor(const Config& config) {
  if (config.file.empty()) return fs::path();
  const auto given = fmt::format("{:016x}", hashOf(fs::absolute(config.file).lexically_normal().string()));
  if (given == instanceKey(config)) return fs::path();
  auto folder = runFolder();
  if (!folder) return folder;
  return *folder / (given + ".alias");
}

fs::path statusBoardBeside(const fs::path& pidFile) {
  auto board = pidFile;
  if (board.extension() == ".pid") return board.replace_extension(".board");
  return board += ".board";
}

Result<void> makeFolderFor(const fs::path& file) {
  const auto folder = fs::absolute(file).parent_path();
  if (auto made = makePrivateFolder(folder); !made) return failure(folder, made.error(), ": make it");
  struct stat info{};
  const bool isOurs = isOneOfOurFolders(folder);
  if (isOurs && ::stat(folder.c_str(), &info) == 0) {
    if (auto trusted = checkOwner(info); !trusted) return failure(folder, trusted.error(), "");
  }
  return {};
}

}  // namespace leptir
