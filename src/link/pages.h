// Sizes of memory mappings in whole pages.
#pragma once

#include <cstddef>

namespace leptir::link {

inline constexpr std::size_t kPageBytes = 4096;

constexpr std::size_t roundUpToPages(std::size_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

}  // namespace leptir::link
