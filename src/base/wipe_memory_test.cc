#include "base/wipe_memory.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "tests/support/find_in_memory.h"

namespace leptir::base {
namespace {

// Assembled from pieces for each search, so that the search does not find a copy of the searched text itself.
std::string secret() {
  return std::string("Kennwort-") + std::to_string(::getpid() * 7919L) + "-ganz-geheim";
}

TEST(Wipe, OverwritesATextAndAllTextsInAValue) {
  std::string text = "secret-secret-secret-secret";
  const char* memory = text.data();
  wipe(text);
  EXPECT_EQ(text, "");
  EXPECT_EQ(std::string(memory, 5), std::string(5, '\0'));
  Json value{{"password", "secret-secret-secret-secret"}, {"list", {"secret-secret-secret-secret", 1}}};
  wipe(value);
  EXPECT_TRUE(value.is_null());
}

// Not under a sanitizer, because sanitizers replace the memory allocator.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Runs in a child process, so that freed data of other tests is not searched.
TEST(WipeFreeMemory, OverwritesTheTextOfFreedObjects) {
  const pid_t child = ::fork();
  if (child == 0) {
    {
      std::vector<std::unique_ptr<std::string>> copies;
      for (const std::size_t padding : {0, 10, 100, 900, 3000, 20'000}) {
        for (int i = 0; i < 20; ++i)
          copies.push_back(std::make_unique<std::string>(padding, 'x')), *copies.back() += secret();
      }
      std::istringstream stream(*copies.front());
      std::string word;
      stream >> word;
    }
    wipeFreeMemory();
    ::_exit(findInMemory(secret()) == 1 ? 0 : 1);  // the one hit is the argument of the search
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

#endif

}  // namespace
}  // namespace leptir::base
