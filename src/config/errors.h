// The errors in a configuration file: collected while it is read, then reported all at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "leptir/result.h"

namespace leptir::config {

class ConfigErrors {
 public:
  explicit ConfigErrors(std::filesystem::path file) : file_(std::move(file)) {}

  // `line` counts from 1.
  void add(int line, std::string what);
  bool empty() const { return found_.empty(); }
  // Whether there are more errors than a user would read; further ones are only counted.
  bool isFull() const;
  // Invalid: `file:line: message`, one line each, in the file's order.
  Error error() const;

 private:
  struct ConfigError {
    int line;
    std::string what;
  };
  std::filesystem::path file_;
  std::vector<ConfigError> found_;
  std::size_t notShown_ = 0;
};

}  // namespace leptir::config
