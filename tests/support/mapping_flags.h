// For tests: the flags of a memory mapping of this process, from /proc/self/smaps.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>

namespace leptir {

// Returns the line "VmFlags: …" of the last mapping for which `wanted` is true; empty if there is none. `name` is the
// mapped file.
inline std::string mappingFlags(
    const std::function<bool(std::uint64_t begin, std::uint64_t end, std::string_view name)>& wanted) {
  std::ifstream maps("/proc/self/smaps");
  std::string flags;
  bool isIt = false;
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t begin = 0, end = 0;
    char dash = 0;
    std::string rights, offset, device, inode, name;
    std::istringstream fields(line);
    if (fields >> std::hex >> begin >> dash >> end && dash == '-') {
      fields >> rights >> offset >> device >> inode >> name;
      isIt = wanted(begin, end, name);
    }
    if (isIt && line.starts_with("VmFlags:")) flags = line + ' ';
  }
  return flags;
}

// Whether the mapping is left out of core files: the kernel marks this with "dd".
inline bool isExcludedFromCoreFiles(const std::string& flags) {
  return flags.find(" dd ") != std::string::npos;
}

inline bool isExcludedFromCoreFiles(const void* address) {
  const auto at = reinterpret_cast<std::uint64_t>(address);
  return isExcludedFromCoreFiles(mappingFlags([at](auto begin, auto end, auto) { return begin <= at && at < end; }));
}

}  // namespace leptir
