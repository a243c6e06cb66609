// For tests: what the kernel says of a mapping of this process.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>

namespace leptir {

// The line "VmFlags: …" of the last mapping that is wanted; empty: there is none. The name is that of its file.
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

// The kernel's word for a mapping that no core file holds is "dd".
inline bool standsInNoCoreFile(const std::string& flags) {
  return flags.find(" dd ") != std::string::npos;
}

inline bool standsInNoCoreFile(const void* address) {
  const auto at = reinterpret_cast<std::uint64_t>(address);
  return standsInNoCoreFile(mappingFlags([at](auto begin, auto end, auto) { return begin <= at && at < end; }));
}

}  // namespace leptir
