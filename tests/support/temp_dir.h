// A temporary folder for one test, removed at its end. With LEPTIR_TEST_KEEP=1 the folders of failed tests are kept.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace leptir {

// Whether the running test has failed and its folders are to be kept.
inline bool keepsTestFolders() {
  const char* told = std::getenv("LEPTIR_TEST_KEEP");
  return told != nullptr && std::string_view(told) == "1" && ::testing::Test::HasFailure();
}

class TempDir {
 public:
  TempDir() {
    auto name = (std::filesystem::temp_directory_path() / "leptir-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create a temporary folder: " + name);
    path_ = name;
  }
  ~TempDir() {
    if (keepsTestFolders()) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  // Writes a file into the folder and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view text) const {
    const auto file = path_ / name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

 private:
  std::filesystem::path path_;
};

inline std::string readWholeFile(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace leptir
