#include "base/open_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/sealed_memory.h"
#include "tests/support/child.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

TEST(OpenFiles, SayWhichProcessHasAFileOpen) {
  const auto memory = makeSealedMemory("leptir-test", 4096);
  EXPECT_TRUE(hasOpen(::getpid(), memory->get()));
  EXPECT_FALSE(hasOpen(::getpid(), -1));
  const pid_t without = startChild([&] {
    ::close(memory->get());
    ::pause();
    return true;
  });
  EXPECT_TRUE(waitUntil([&] { return !hasOpen(without, memory->get()); }));
  killChild(without);
  EXPECT_FALSE(hasOpen(without, memory->get())) << "gone";
}

}  // namespace
}  // namespace leptir
