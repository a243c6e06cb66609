// What is wrong with a configuration file: gathered while it is read, told all at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "leptir/result.h"

namespace leptir {

class Mistakes {
 public:
  explicit Mistakes(std::filesystem::path file) : file_(std::move(file)) {}

  // `line` counts from 1.
  void add(int line, std::string what);
  bool empty() const { return found_.empty(); }
  // Whether enough were found that nobody would read more; they are only counted then.
  bool isFull() const;
  // Invalid: `file:line: what`, a line for each, in the file's order.
  Error error() const;

 private:
  struct Mistake {
    int line;
    std::string what;
  };
  std::filesystem::path file_;
  std::vector<Mistake> found_;
  std::size_t more_ = 0;
};

}  // namespace leptir
