#include "stored_files.h"

#include <cctype>

namespace folder {
namespace {

// File systems take names of 255 bytes; this leaves space for the extension and for ".new".
constexpr std::size_t kMaxNameBytes = 200;

std::string escaped(const std::string& key) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string name;
  for (const unsigned char byte : key) {
    if (std::isalnum(byte) != 0 || byte == '-' || byte == '_') {
      name += static_cast<char>(byte);
    } else {
      name += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return name;
}

}  // namespace

// A name with a dot is a file and one without is a folder, so that no key's file is in the way of another key's folder.
std::filesystem::path pathOfKey(const std::string& key, const std::string& extension) {
  std::filesystem::path path;
  auto rest = escaped(key);
  for (; rest.size() > kMaxNameBytes; rest.erase(0, kMaxNameBytes)) path /= rest.substr(0, kMaxNameBytes);
  return path / (rest + extension);
}

}  // namespace folder
