// A folder of JSON files, one for each key.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "leptir/json.h"

namespace folder {

class JsonFolder {
 public:
  explicit JsonFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::vector<leptir::Json> all() const;
  std::optional<leptir::Json> read(const std::string& key) const;
  // Replaces the file as a whole, and returns once it would survive a power cut. Invalid: the key is too long.
  leptir::Result<void> write(const std::string& key, const leptir::Json& json) const;
  void remove(const std::string& key) const;

 private:
  std::filesystem::path fileOf(const std::string& key) const;
  std::filesystem::path path_;
};

}  // namespace folder
