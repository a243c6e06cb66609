// The errors in a configuration file: collected while it is read, then reported all at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "leptir/result.h"

namespace leptir::config {

// What it means that a variable in a value is not set, or that its file cannot be read (variables.h).
enum class MissingValues {
  AreErrors,
  KeepDefaults,  // the key is taken as left out: for a command that needs only the other keys
};

class ConfigErrors {
 public:
  explicit ConfigErrors(std::filesystem::path file, MissingValues missing = MissingValues::AreErrors)
      : file_(std::move(file)), missing_(missing) {}

  // `line` counts from 1.
  void add(int line, std::string what);
  // Adds the error of a missing value; does nothing with MissingValues::KeepDefaults.
  void addMissing(int line, std::string what);
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
  MissingValues missing_;
  std::vector<ConfigError> found_;
  std::size_t notShown_ = 0;
};

}  // namespace leptir::config
