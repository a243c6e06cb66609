#include "json_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace folder {
namespace {

namespace fs = std::filesystem;
using leptir::Error;
using leptir::ErrorCode;
using leptir::Json;
using leptir::Result;

constexpr std::size_t kLongestName = 240;

std::optional<Json> readFile(const fs::path& file) {
  std::ifstream input(file);
  if (!input) return std::nullopt;
  auto json = leptir::parseJson(std::string(std::istreambuf_iterator<char>(input), {}));
  return json ? std::optional(std::move(*json)) : std::nullopt;
}

Error failed(const fs::path& file) {
  return Error(ErrorCode::Unavailable, file.string() + ": " + std::strerror(errno));
}

Result<void> writeAndSync(const fs::path& file, const std::string& text) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(file);
  const bool isWritten =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(descriptor) == 0;
  const Result<void> result = isWritten ? Result<void>() : failed(file);
  ::close(descriptor);
  return result;
}

Result<void> syncFolder(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed(path);
  const Result<void> result = ::fsync(descriptor) == 0 ? Result<void>() : failed(path);
  ::close(descriptor);
  return result;
}

}  // namespace

std::vector<Json> JsonFolder::all() const {
  std::vector<Json> all;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(path_, missing)) {
    if (entry.path().extension() != ".json") continue;
    if (auto json = readFile(entry.path())) all.push_back(std::move(*json));
  }
  return all;
}

std::optional<Json> JsonFolder::read(const std::string& key) const {
  return readFile(fileOf(key));
}

Result<void> JsonFolder::write(const std::string& key, const Json& json) const {
  const auto file = fileOf(key);
  if (file.filename().string().size() > kLongestName)
    return Error(ErrorCode::Invalid, "'" + key + "' is too long for the name of a file");
  const auto text = leptir::writeJsonExactly(json);
  if (!text) return text.error();
  const fs::path fresh = file.string() + ".new";
  if (auto written = writeAndSync(fresh, *text); !written) return written;
  if (::rename(fresh.c_str(), file.c_str()) != 0) return failed(file);
  return syncFolder(path_);
}

void JsonFolder::remove(const std::string& key) const {
  std::error_code ignored;
  fs::remove(fileOf(key), ignored);
}

// Bytes that may not stand in the name of a file, or could lead to another folder, are written as %XX.
fs::path JsonFolder::fileOf(const std::string& key) const {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string name;
  for (const unsigned char byte : key) {
    if (std::isalnum(byte) != 0 || byte == '-' || byte == '_') {
      name += static_cast<char>(byte);
    } else {
      name += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return path_ / (name + ".json");
}

}  // namespace folder
