// Permissions of the files that leptir makes, and commands that only read and must not make any.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>

#include "tests/e2e/installation.h"
#include "tests/support/other_user.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FilesTest : public Installation {
 protected:
  // The files that leptir has made, by their endings: database, locks, pid file, alias, status board, log.
  std::set<std::string> made() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const auto name = entry.path().string();
      const auto isOne = [&](const char* ending) { return name.ends_with(ending); };
      static constexpr std::array kEndings{".db", "-wal", "-shm", ".d", ".lock", ".pid", ".alias", ".board", ".log"};
      if (std::ranges::any_of(kEndings, isOne)) names.insert(name);
    }
    return names;
  }
  static mode_t rightsOfOthers(const fs::path& file) {
    struct stat info{};
    return ::lstat(file.c_str(), &info) == 0 ? info.st_mode & (S_IRWXG | S_IRWXO) : 0;
  }
};

TEST_F(FilesTest, CommandsThatOnlyReadMakeNoFiles) {
  EXPECT_EQ(leptir({"status"}).exit, 0);
  EXPECT_EQ(leptir({"status", "--json"}).json().at("brokers").at(0).at("due"), 0);
  EXPECT_EQ(leptir({"info", "some-id"}).exit, 4);
  EXPECT_EQ(leptir({"cancel", "some-id"}).exit, 4);
  const auto tasks = leptir({"tasks"});
  EXPECT_EQ(tasks.exit, 0);
  EXPECT_THAT(tasks.err, HasSubstr("no records yet"));
  const auto check = leptir({"check"});
  EXPECT_EQ(check.exit, 0) << check.out;
  EXPECT_THAT(check.out, HasSubstr("broker local: works; sqlite "));
  EXPECT_THAT(check.out, HasSubstr("is not made yet; the first push or start makes it"));
  EXPECT_THAT(made(), IsEmpty());
}

TEST_F(FilesTest, NoFileOfAnInstanceIsAccessibleToOtherUsers) {
  const Umask umask(0);
  const auto instance = start();
  waitUntilRunning();
  push({"noop"});
  EXPECT_GE(made().size(), 9u);
  for (const auto& name : made()) EXPECT_EQ(rightsOfOthers(name), 0u) << name;
}

}  // namespace
}  // namespace leptir::e2e
