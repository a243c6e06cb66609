#include "base/open_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/sealed_memory.h"
#include "tests/support/child.h"
#include "tests/support/wait_until.h"

namespace leptir::base {
namespace {

TEST(OpenFiles, AreFoundOnlyInTheProcessThatHasThem) {
  const auto memory = makeSealedMemory("leptir-test", 4096);
  EXPECT_TRUE(processHasFileOpen(::getpid(), memory->get()));
  EXPECT_FALSE(processHasFileOpen(::getpid(), -1));
  const pid_t without = startChild([&] {
    ::close(memory->get());
    ::pause();
    return true;
  });
  EXPECT_TRUE(waitUntil([&] { return !processHasFileOpen(without, memory->get()); }));
  killChild(without);
  EXPECT_FALSE(processHasFileOpen(without, memory->get())) << "the process is gone";
}

}  // namespace
}  // namespace leptir::base
