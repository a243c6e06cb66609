#include "base/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

namespace leptir {
namespace {

// In a process of its own: descriptors belong to a process.
bool holdsInProcess(const std::function<bool()>& condition) {
  const auto pid = ::fork();
  if (pid == 0) ::_exit(condition() ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(StandardStreams, AClosedOneGivesItsNumberToNoFile) {
  EXPECT_TRUE(holdsInProcess([] {
    for (const int stream : {0, 1, 2}) ::close(stream);
    openClosedStandardStreams();
    return ::open("/dev/null", O_RDWR) > 2;
  }));
}

TEST(StandardStreams, AClosedOneStillFailsAsOne) {
  EXPECT_TRUE(holdsInProcess([] {
    for (const int stream : {0, 1, 2}) ::close(stream);
    openClosedStandardStreams();
    char byte = 0;
    const bool reads = ::read(0, &byte, 1) < 0 && errno == EBADF;
    return reads && ::write(1, "x", 1) < 0 && errno == EBADF && ::write(2, "x", 1) < 0 && errno == EBADF;
  }));
}

TEST(StandardStreams, AnOpenOneStaysAsItIs) {
  EXPECT_TRUE(holdsInProcess([] {
    int pipe[2];
    if (::pipe(pipe) != 0 || ::dup2(pipe[1], 1) != 1) return false;
    openClosedStandardStreams();
    return ::write(1, "x", 1) == 1;
  }));
}

TEST(StandardStreams, ADaemonClosesWhatItInheritedAndKeepsItsOwn) {
  EXPECT_TRUE(holdsInProcess([] {
    const int inherited = ::open("/dev/null", O_RDONLY), kept = ::open("/dev/null", O_RDONLY);
    const int own = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    closeInheritedDescriptors(kept);
    return ::fcntl(inherited, F_GETFD) < 0 && ::fcntl(kept, F_GETFD) >= 0 && ::fcntl(own, F_GETFD) >= 0;
  }));
}

}  // namespace
}  // namespace leptir
