// A folder with one file for each stored task, session or record, found by its key.
//
// A file that is damaged or foreign must not stop the queue: it is set aside, and a notice says so. One that cannot be
// read is another matter: the operation fails with Unavailable, and leptir tries it again.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "files.h"
#include "stored.h"

namespace folder {

// The path of the file for a key, below a folder: bytes that may not stand in the name of a file, or could lead to
// another folder, are written as %XX, and a long key continues in a folder below.
std::filesystem::path pathOfKey(const std::string& key, const std::string& extension);

template <class Stored>
class StoredFiles {
 public:
  // `extension` begins with a dot. `aside`: the folder for damaged files.
  StoredFiles(std::filesystem::path path, std::string extension, std::filesystem::path aside)
      : path_(std::move(path)), extension_(std::move(extension)), aside_(std::move(aside)) {}

  Result<std::vector<Stored>> all() {
    auto files = filesBelow(path_, extension_);
    if (!files) return files.error();
    std::vector<Stored> all;
    for (const auto& file : *files) {
      auto stored = read(file);
      if (!stored) return stored.error();
      if (*stored) all.push_back(std::move(**stored));
    }
    return all;
  }
  // None: there is no file for the key.
  Result<std::optional<Stored>> find(const std::string& key) { return read(fileOf(key)); }
  Result<void> save(const Stored& stored, Durability durability = Durability::ProcessCrash) const {
    return writeFile(fileOf(stored.key()), contentOf(stored), durability);
  }
  Result<void> remove(const std::string& key) const { return removeFile(fileOf(key)); }
  std::filesystem::path fileOf(const std::string& key) const { return path_ / pathOfKey(key, extension_); }

  // Moves the file away from the store, which goes on without it; a notice has `why`.
  Result<void> setAside(const std::filesystem::path& file, const std::string& why) {
    if (auto made = makeFolder(aside_); !made) return made;
    auto target = aside_ / file.filename();
    for (int i = 1; isThere(target); ++i) target = aside_ / (file.filename().string() + "." + std::to_string(i));
    if (::rename(file.c_str(), target.c_str()) != 0) return failed(file);
    notices_.push_back(file.string() + ": " + why + "; it is set aside as " + target.string());
    return {};
  }
  // Which files were set aside since the last call, and why.
  std::vector<std::string> takeNotices() { return std::exchange(notices_, {}); }

 private:
  Result<std::optional<Stored>> read(const std::filesystem::path& file) {
    auto content = readFile(file);
    if (!content) return content.error();
    if (!*content) return std::optional<Stored>();
    auto stored = storedIn<Stored>(**content);
    if (stored && fileOf(stored->key()) == file) return stored;
    if (auto done = setAside(file, "it is no file of this store"); !done) return done.error();
    return std::optional<Stored>();
  }

  std::filesystem::path path_;
  std::string extension_;
  std::filesystem::path aside_;
  std::vector<std::string> notices_;
};

}  // namespace folder
