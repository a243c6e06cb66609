#include "base/file_identity.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/unique_fd.h"

namespace leptir::base {
namespace {

void expectIdentityOfFstat(int descriptor) {
  struct stat info{};
  ASSERT_EQ(::fstat(descriptor, &info), 0);
  EXPECT_EQ(FileIdentity::of(descriptor), (FileIdentity{info.st_dev, info.st_ino}));
}

TEST(FileIdentity, IsDeviceAndInodeOfFstatForFilesAndPipes) {
  const UniqueFd folder(::open("/", O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  expectIdentityOfFstat(folder.get());
  const UniqueFd device(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  expectIdentityOfFstat(device.get());
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  expectIdentityOfFstat(writer.get());
}

TEST(FileIdentity, IsTheSameByPathAndByDescriptor) {
  const UniqueFd program(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(FileIdentity::of(program.get()), FileIdentity::of("/proc/self/exe"));
}

TEST(FileIdentity, IsEmptyForADescriptorThatIsNotOpen) {
  EXPECT_EQ(FileIdentity::of(-1), FileIdentity{});
}

}  // namespace
}  // namespace leptir::base
