#include "link/cell.h"

#include <cstring>

namespace leptir::link {

std::uint32_t checksumOf(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = 0xcbf29ce484222325 ^ bytes.size();
  while (bytes.size() >= 8) {
    std::uint64_t chunk = 0;
    std::memcpy(&chunk, bytes.data(), 8);
    hash = (hash ^ chunk) * kPrime;
    hash ^= hash >> 32;
    bytes.remove_prefix(8);
  }
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

}  // namespace leptir::link
