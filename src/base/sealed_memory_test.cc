#include "base/sealed_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/child.h"

namespace leptir::base {
namespace {

TEST(SealedMemory, CannotBeMadeSmaller) {
  const auto memory = makeSealedMemory("leptir-test", 4096);
  ASSERT_TRUE(memory) << memory.error().message();
  EXPECT_NE(::ftruncate(memory->get(), 0), 0);
  const auto seen = openSharedMemoryAt(SharedMemoryLocation::of(*memory));
  ASSERT_TRUE(seen) << seen.error().message();
  const auto path = "/proc/self/fd/" + std::to_string(seen->get());
  EXPECT_NE(::truncate(path.c_str(), 0), 0);
  struct stat info{};
  ASSERT_EQ(::fstat(seen->get(), &info), 0);
  EXPECT_EQ(info.st_size, 4096);
}

TEST(SealedMemory, IsOpenedByOtherProcessesWhileItsProcessHasItOpen) {
  const auto memory = makeSealedMemory("leptir-test", 4096);
  ASSERT_TRUE(memory);
  const auto place = SharedMemoryLocation::of(*memory);
  EXPECT_TRUE(inChild([&] { return openSharedMemoryAt(place).has_value(); }));
  ASSERT_EQ(::write(memory->get(), "x", 1), 1);
  const auto other = makeSealedMemory("leptir-test", 4096);
  ASSERT_EQ(::dup2(other->get(), memory->get()), memory->get());
  EXPECT_FALSE(openSharedMemoryAt(place)) << "the descriptor refers to another file now";
}

}  // namespace
}  // namespace leptir::base
