// For tests: counts how often a text occurs in the writable memory of this process.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace leptir {

// `text` itself is counted too. Reads memory through a static buffer, which is not searched.
inline int findInMemory(std::string_view text) {
  static constexpr std::size_t kPiece = std::size_t{1} << 20;
  static char buffer[2 * kPiece];
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  std::ifstream maps("/proc/self/maps");
  int found = 0;
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t begin = 0, end = 0;
    char dash = 0;
    std::string rights;
    std::istringstream(line) >> std::hex >> begin >> dash >> end >> rights;
    if (!rights.starts_with("rw")) continue;
    for (auto at = begin; at < end; at += kPiece) {
      const auto own = reinterpret_cast<std::uint64_t>(buffer);
      if (at < own + sizeof buffer && at + kPiece + text.size() > own) continue;
      const auto bytes = std::min<std::uint64_t>(end - at, kPiece + text.size() - 1);
      const auto got = ::pread(memory, buffer, bytes, static_cast<off_t>(at));
      if (got <= 0) continue;
      const std::string_view piece(buffer, static_cast<std::size_t>(got));
      for (auto hit = piece.find(text); hit != piece.npos; hit = piece.find(text, hit + 1)) ++found;
    }
  }
  ::close(memory);
  return found;
}

}  // namespace leptir
