// The folders of tests, whether those fail or not.
#include "tests/support/temp_dir.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/support/child.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;

// What a test leaves in its folder of temporary files, with LEPTIR_TEST_KEEP as given. It runs in a child, so that its
// failure is not that of this test, and what it says of it goes nowhere.
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

TEST(TempDir, IsGoneAfterATestThatFailed) {
  EXPECT_EQ(leftBy(true, nullptr), 0);
  EXPECT_EQ(leftBy(true, "0"), 0);
}

TEST(TempDir, IsKeptOfAFailedTestWhereThatIsAskedFor) {
  EXPECT_EQ(leftBy(true, "1"), 1);
  EXPECT_EQ(leftBy(false, "1"), 0) << "nothing is to be looked at";
}

}  // namespace
}  // namespace leptir
