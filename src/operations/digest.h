// A digest of a text for keys and ids that all machines, and all versions of leptir, must make alike.
#pragma once

#include <cstdint>
#include <string_view>

namespace leptir::operations {

// FNV-1a, 64 bits.
constexpr std::uint64_t digestOf(std::string_view text) {
  std::uint64_t digest = 0xcbf29ce484222325;
  for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return digest;
}

}  // namespace leptir::operations
