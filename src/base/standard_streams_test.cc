#include "base/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

namespace leptir::base {
namespace {

// Evaluates the condition in a forked process, because descriptors belong to a process.
bool holdsInProcess(const std::function<bool()>& condition) {
  const auto pid = ::fork();
  if (pid == 0) ::_exit(condition() ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(StandardStreams, NoFileGetsTheNumberOfAClosedStream) {
  EXPECT_TRUE(holdsInProcess([] {
    for (const int stream : {0, 1, 2}) ::close(stream);
    openClosedStandardStreams();
    return ::open("/dev/null", O_RDWR) > 2;
  }));
}

TEST(StandardStreams, UsingAClosedStreamStillFails) {
  EXPECT_TRUE(holdsInProcess([] {
    for (const int stream : {0, 1, 2}) ::close(stream);
    openClosedStandardStreams();
    char byte = 0;
    const bool reads = ::read(0, &byte, 1) < 0 && errno == EBADF;
    return reads && ::write(1, "x", 1) < 0 && errno == EBADF && ::write(2, "x", 1) < 0 && errno == EBADF;
  }));
}

TEST(StandardStreams, AnOpenStreamStaysUsable) {
  EXPECT_TRUE(holdsInProcess([] {
    int pipe[2];
    if (::pipe(pipe) != 0 || ::dup2(pipe[1], 1) != 1) return false;
    openClosedStandardStreams();
    return ::write(1, "x", 1) == 1;
  }));
}

bool isOpen(int descriptor) {
  return ::fcntl(descriptor, F_GETFD) >= 0;
}

TEST(InheritedDescriptors, AreClosedExceptTheDescriptorToKeep) {
  EXPECT_TRUE(holdsInProcess([] {
    const int inherited = ::open("/dev/null", O_RDONLY), kept = ::open("/dev/null", O_RDONLY);
    noteInheritedDescriptors();
    closeInheritedDescriptors(kept);
    return !isOpen(inherited) && isOpen(kept);
  }));
}

TEST(InheritedDescriptors, AreAllClosedWhenThereAreHundreds) {
  EXPECT_TRUE(holdsInProcess([] {
    const int first = ::open("/dev/null", O_RDONLY);
    int last = first;
    for (int i = 0; i < 700; ++i) {
      if (const int copy = ::dup(first); copy > last) last = copy;
    }
    noteInheritedDescriptors();
    closeInheritedDescriptors(-1);
    return last > first && !isOpen(first) && !isOpen(last);
  }));
}

TEST(InheritedDescriptors, AFileThatTheProgramOpenedWithoutCloexecStaysOpen) {
  EXPECT_TRUE(holdsInProcess([] {
    noteInheritedDescriptors();
    const int own = ::open("/dev/null", O_RDONLY);
    closeInheritedDescriptors(-1);
    return isOpen(own);
  }));
}

TEST(InheritedDescriptors, AFileOfTheProgramWithTheNumberOfAnInheritedOneStaysOpen) {
  EXPECT_TRUE(holdsInProcess([] {
    const int inherited = ::open("/dev/null", O_RDONLY);
    noteInheritedDescriptors();
    ::close(inherited);
    const int own = ::open("/dev/zero", O_RDONLY);
    closeInheritedDescriptors(-1);
    return own == inherited && isOpen(own);
  }));
}

TEST(InheritedDescriptors, AnInheritedDescriptorWithCloexecStaysOpen) {
  EXPECT_TRUE(holdsInProcess([] {
    const int taken = ::open("/dev/null", O_RDONLY);
    noteInheritedDescriptors();
    ::fcntl(taken, F_SETFD, FD_CLOEXEC);
    closeInheritedDescriptors(-1);
    return isOpen(taken);
  }));
}

// Opened by a static initialiser of the test program.
const int openedBeforeMain = ::open("/dev/null", O_RDONLY);

TEST(InheritedDescriptors, AFileThatAStaticInitialiserOpenedStaysOpen) {
  EXPECT_TRUE(holdsInProcess([] {
    closeInheritedDescriptors(-1);
    return isOpen(openedBeforeMain);
  }));
}

}  // namespace
}  // namespace leptir::base
