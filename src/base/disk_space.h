// How much space is left on the file system of a path, and what `leptir doctor` says of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "leptir/spi/store_finding.h"

namespace leptir::base {

struct DiskSpace {
  std::uint64_t freeBytes = 0, allBytes = 0;
  std::uint64_t freeFiles = 0, allFiles = 0;  // zero of `allFiles`: the file system has no fixed number
};

// The space on the file system of the path, or of the nearest folder above it that exists. nullopt: the system does not
// tell.
std::optional<DiskSpace> diskSpaceAt(const std::filesystem::path& path);

// None: enough is left. `where` is the place for the sentence: "sqlite /var/lib/leptir/leptir.db". A problem below 1 %
// or 100 MB, if that is less than 10 GB; a warning below 5 %, if that is less than 10 GB.
std::optional<StoreFinding> findingOf(const DiskSpace& space, const std::string& where);

// "1.5 GB", "200 MB", "0 MB"
std::string bytesText(std::uint64_t bytes);

}  // namespace leptir::base
