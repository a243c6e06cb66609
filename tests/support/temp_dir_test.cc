// Temporary folders of tests that succeed or fail.
#include "tests/support/temp_dir.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/support/child.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;

// How many folders a test leaves behind, for this value of LEPTIR_TEST_KEEP. Runs in a child with its output discarded,
// so that the failure does not count as one of this test.
long leftBy(bool fails, const char* keep) {
  const TempDir around;
  EXPECT_TRUE(inChild([&] {
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::setenv("TMPDIR", around.path().c_str(), 1);
    keep != nullptr ? ::setenv("LEPTIR_TEST_KEEP", keep, 1) : ::unsetenv("LEPTIR_TEST_KEEP");
    const TempDir folder;
    folder.write("a", "text");
    if (fails) ADD_FAILURE();
    return folder.path().parent_path() == around.path();
  }));
  return std::distance(fs::directory_iterator(around.path()), fs::directory_iterator());
}

TEST(TempDir, IsRemovedAfterAFailedTest) {
  EXPECT_EQ(leftBy(true, nullptr), 0);
  EXPECT_EQ(leftBy(true, "0"), 0);
}

TEST(TempDir, IsKeptAfterAFailedTestWithLeptirTestKeep) {
  EXPECT_EQ(leftBy(true, "1"), 1);
  EXPECT_EQ(leftBy(false, "1"), 0) << "a test that succeeded keeps no folder";
}

}  // namespace
}  // namespace leptir
