// A short number that stands for a text: FNV-1a, for texts that no attacker chooses.
#pragma once

#include <cstdint>
#include <string_view>

namespace leptir::fleet {

constexpr std::uint64_t digestOf(std::string_view text) {
  std::uint64_t digest = 0xcbf29ce484222325;
  for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return digest;
}

}  // namespace leptir::fleet
