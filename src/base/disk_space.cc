#include "base/disk_space.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

namespace leptir::base {
namespace {

constexpr std::uint64_t kMegabyte = 1'000'000, kGigabyte = 1'000 * kMegabyte;
constexpr std::uint64_t kEnoughFreeBytes = 10 * kGigabyte, kTooFewFreeBytes = 100 * kMegabyte;
constexpr std::uint64_t kTooFewFreeFiles = 1'000;

// Whether `free` is less than this percentage of `all`.
bool isBelowPercent(std::uint64_t free, std::uint64_t all, std::uint64_t percent) {
  return static_cast<double>(free) * 100 < static_cast<double>(all) * static_cast<double>(percent);
}

}  // namespace

std::optional<DiskSpace> diskSpaceAt(const std::filesystem::path& path) {
  std::error_code ignored;
  auto folder = std::filesystem::absolute(path, ignored);
  struct statvfs found{};
  while (::statvfs(folder.c_str(), &found) != 0) {
    if (!folder.has_relative_path()) return std::nullopt;
    folder = folder.parent_path();
  }
  return DiskSpace{.freeBytes = std::uint64_t{found.f_bavail} * found.f_frsize,
                   .allBytes = std::uint64_t{found.f_blocks} * found.f_frsize,
                   .freeFiles = found.f_favail,
                   .allFiles = found.f_files};
}

std::optional<StoreFinding> findingOf(const DiskSpace& space, const std::string& where) {
  const auto finding = [&](FindingSeverity severity, const std::string& left) {
    return StoreFinding{severity, "disk-space", fmt::format("{}: its file system has {} left", where, left),
                        "free space there, or move it to a larger file system"};
  };
  if (space.allFiles > 0 && space.freeFiles < kTooFewFreeFiles && isBelowPercent(space.freeFiles, space.allFiles, 5))
    return finding(FindingSeverity::Problem, fmt::format("only {} files", space.freeFiles));
  if (space.allBytes == 0 || space.freeBytes >= kEnoughFreeBytes) return std::nullopt;
  const auto left = fmt::format("{} of {}", bytesText(space.freeBytes), bytesText(space.allBytes));
  if (space.freeBytes < kTooFewFreeBytes || isBelowPercent(space.freeBytes, space.allBytes, 1))
    return finding(FindingSeverity::Problem, "only " + left);
  if (isBelowPercent(space.freeBytes, space.allBytes, 5)) return finding(FindingSeverity::Warning, left);
  return std::nullopt;
}

std::string bytesText(std::uint64_t bytes) {
  if (bytes >= kGigabyte) return fmt::format("{:.1f} GB", static_cast<double>(bytes) / kGigabyte);
  return fmt::format("{} MB", bytes / kMegabyte);
}

}  // namespace leptir::base
