#include "master/oom_kills.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace leptir::master {
namespace {

class OomKills : public ::testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((cgroups / file).parent_path());
    std::ofstream(cgroups / file) << text;
  }
  TempDir folder;
  std::filesystem::path cgroups = folder.path();
};

TEST_F(OomKills, AreCountedByTheCgroup) {
  write("a/b/memory.events", "low 0\nhigh 0\nmax 17\noom 4\noom_kill 3\noom_group_kill 0\n");
  EXPECT_EQ(oomKills("0::/a/b\n", cgroups), 3u);
}

TEST_F(OomKills, AreCountedByTheOlderHierarchyToo) {
  write("memory/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  EXPECT_EQ(oomKills("5:cpu,memory:/a\n4:pids:/b\n0::/\n", cgroups), 2u);
}

TEST_F(OomKills, AreFoundWhereAContainerSeesItsOwnCgroupAsTheRoot) {
  write("memory.events", "oom_kill 1\n");
  EXPECT_EQ(oomKills("0::/docker/0123\n", cgroups), 1u);
}

TEST_F(OomKills, AreNotCountedWhereThereIsNoSuchCgroup) {
  EXPECT_EQ(oomKills("0::/\n", cgroups), std::nullopt);
  EXPECT_EQ(oomKills("nonsense\n:\n", cgroups), std::nullopt);
  EXPECT_EQ(oomKills("", cgroups), std::nullopt);
}

}  // namespace
}  // namespace leptir::master
