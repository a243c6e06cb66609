// For tests of permissions: runs code as another user. Only root can do that, so such a test begins with
// LEPTIR_NEEDS_ROOT().
#pragma once

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/child.h"

namespace leptir {

inline constexpr uid_t kOtherUser = 65534;
inline constexpr gid_t kSharedGroup = 65533;

#define LEPTIR_NEEDS_ROOT() \
  if (::geteuid() != 0) GTEST_SKIP() << "only root can act as another user"

// Runs `body` in a child process of that user, who belongs to `group` and kSharedGroup only.
template <class Body>
bool asUser(uid_t user, Body body, gid_t group = kOtherUser) {
  return inChild(
      [&] { return ::setgroups(1, &kSharedGroup) == 0 && ::setgid(group) == 0 && ::setuid(user) == 0 && body(); });
}

inline void giveTo(uid_t user, const std::filesystem::path& file) {
  if (::lchown(file.c_str(), user, user) != 0) throw std::runtime_error("cannot give away " + file.string());
}

// Runs `body` in a child process for which permissions count: under root as kOtherUser.
template <class Body>
bool asOrdinaryUser(Body body) {
  return ::geteuid() == 0 ? asUser(kOtherUser, body) : inChild(body);
}

// The same, with `folder` and all files in it given to kOtherUser first.
template <class Body>
bool asOrdinaryUser(const std::filesystem::path& folder, Body body) {
  if (::geteuid() == 0) {
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) giveTo(kOtherUser, each.path());
    giveTo(kOtherUser, folder);
  }
  return asOrdinaryUser(body);
}

// The permission bits of a file, without its type.
inline mode_t modeOf(const std::filesystem::path& file) {
  struct stat info{};
  return ::lstat(file.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

inline uid_t ownerOf(const std::filesystem::path& file) {
  struct stat info{};
  return ::lstat(file.c_str(), &info) == 0 ? info.st_uid : static_cast<uid_t>(-1);
}

// Sets the umask and restores the old one at the end of the scope.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

}  // namespace leptir
