#include "base/nonblocking_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>

#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace leptir::base {
namespace {

using namespace std::chrono_literals;

// Writes until the descriptor is full. The test ends only if no write waits for the reader.
std::size_t fill(const NonBlockingOutput& output) {
  const std::string text(1000, 'x');
  std::size_t bytes = 0;
  for (;;) {
    const auto written = output.write(text);
    if (written < 0) break;
    bytes += static_cast<std::size_t>(written);
  }
  EXPECT_EQ(errno, EAGAIN);
  return bytes;
}

bool isNonBlocking(int descriptor) {
  return (::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0;
}

TEST(NonBlockingOutput, NeverWaitsForTheReaderOfAPipeAndKeepsItsFlags) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const UniqueFd from(pipe[0]), to(pipe[1]);
  const NonBlockingOutput output(to.get());
  EXPECT_GE(fill(output), 60'000u);
  EXPECT_FALSE(output.waitUntilWritable(1ms));
  EXPECT_FALSE(isNonBlocking(to.get())) << "the flag is shared with every process that has this pipe";
  std::string room(8192, '\0');
  ASSERT_GT(::read(from.get(), room.data(), room.size()), 0);
  EXPECT_TRUE(output.waitUntilWritable(1s));
  EXPECT_EQ(output.write("there is room"), 13);
}

TEST(NonBlockingOutput, NeverWaitsForTheReaderOfASocket) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const UniqueFd from(pair[0]), to(pair[1]);
  EXPECT_GT(fill(NonBlockingOutput(to.get())), 1000u);
  EXPECT_FALSE(isNonBlocking(to.get()));
}

TEST(NonBlockingOutput, NeverWaitsForATerminalWhoseOutputIsSuspended) {
  const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY));
  if (!terminal || ::grantpt(terminal.get()) != 0 || ::unlockpt(terminal.get()) != 0)
    GTEST_SKIP() << "this machine has no pseudo-terminals";
  const UniqueFd program(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY));
  ASSERT_TRUE(program);
  const NonBlockingOutput output(program.get());
  EXPECT_EQ(output.write("seen"), 4);
  ASSERT_EQ(::tcflow(program.get(), TCOOFF), 0);  // Ctrl-S
  fill(output);
  EXPECT_FALSE(isNonBlocking(program.get()));
  ASSERT_EQ(::tcflow(program.get(), TCOON), 0);
}

// The calling process leads a session on `terminal`; its child, in a background process group, writes to the terminal.
bool writesFromTheBackgroundOf(const char* terminal) {
  ::setsid();
  const UniqueFd program(::open(terminal, O_RDWR));
  termios settings{};
  if (!program || ::tcgetattr(program.get(), &settings) != 0) return false;
  settings.c_lflag |= TOSTOP;
  if (::tcsetattr(program.get(), TCSANOW, &settings) != 0) return false;
  const auto child = startChild([&] {
    ::setpgid(0, 0);
    return NonBlockingOutput(program.get()).write("seen") == 4;
  });
  int status = 0;
  ::waitpid(child, &status, WUNTRACED);
  if (WIFSTOPPED(status)) killChild(child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(NonBlockingOutput, ABackgroundProcessIsNotStoppedForWritingToTheTerminal) {
  const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY));
  if (!terminal || ::grantpt(terminal.get()) != 0 || ::unlockpt(terminal.get()) != 0)
    GTEST_SKIP() << "this machine has no pseudo-terminals";
  EXPECT_TRUE(inChild([&] { return writesFromTheBackgroundOf(::ptsname(terminal.get())); }));
}

// Appends to a file of ten bytes, in a process that may write files of at most `limit` bytes.
bool writesBeyond(const rlimit& limit, ssize_t expected) {
  const TempDir folder;
  const UniqueFd file(::open(folder.write("log", "ten bytes.").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  ::signal(SIGXFSZ, SIG_DFL);
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const bool isAsExpected = NonBlockingOutput(file.get()).write("eleven") == expected;
  const bool isReported = expected >= 0 || errno == EFBIG;
  rlimit after{};
  ::getrlimit(RLIMIT_FSIZE, &after);
  return isAsExpected && isReported && after.rlim_cur == limit.rlim_cur;
}

TEST(NonBlockingOutput, AFileAtTheHardSizeLimitIsAnErrorAndRaisesNoSignal) {
  EXPECT_TRUE(inChild([] { return writesBeyond({10, 10}, -1); }));
}

TEST(NonBlockingOutput, WritesBeyondTheSoftSizeLimit) {
  EXPECT_TRUE(inChild([] { return writesBeyond({10, 1 << 20}, 6); }));
}

TEST(NonBlockingOutput, AfterReopeningItSharesNoFlagsWithTheParentProcess) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const UniqueFd from(pipe[0]), to(pipe[1]);
  const NonBlockingOutput output(to.get());
  const UniqueFd inherited(::dup(output.descriptor()));
  output.unshareOpenFile();
  ASSERT_EQ(::fcntl(output.descriptor(), F_SETFL, O_APPEND), 0);  // as a task may do
  EXPECT_TRUE(isNonBlocking(inherited.get()));
}

// Simulates user code that closes all descriptors and opens its own files: afterwards each number from 3 on, and
// `given`, refers to the file `other`.
void giveAllNumbersTo(const std::filesystem::path& other, int given) {
  const int file = ::open(other.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (int number = 3; number < 100; ++number) ::dup2(file, number);
  ::dup2(file, given);
}

bool writesNothingAfterItsNumbersWereGivenAway(int given, const std::filesystem::path& other) {
  return inChild([&] {
    const NonBlockingOutput output(given);
    if (output.write("before") != 6) return false;
    giveAllNumbersTo(other, given);
    return output.write("after") == -1 && errno == EBADF && std::filesystem::file_size(other) == 0;
  });
}

TEST(NonBlockingOutput, WritesNothingIntoAFileThatReusesTheDescriptorOfAPlainFile) {
  const TempDir folder;
  const UniqueFd file(::open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  EXPECT_TRUE(writesNothingAfterItsNumbersWereGivenAway(file.get(), folder / "other"));
  EXPECT_EQ(readWholeFile(folder / "log"), "before");
}

TEST(NonBlockingOutput, WritesNothingIntoAFileThatReusesTheDescriptorOfASocket) {
  const TempDir folder;
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const UniqueFd from(pair[0]), to(pair[1]);
  EXPECT_TRUE(writesNothingAfterItsNumbersWereGivenAway(to.get(), folder / "other"));
}

TEST(NonBlockingOutput, StillWritesToItsPlainFileAfterTheGivenDescriptorWasReplaced) {
  const TempDir folder;
  EXPECT_TRUE(inChild([&] {
    const int file = ::open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const NonBlockingOutput output(file);
    const UniqueFd other(::open((folder / "other").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    return ::dup2(other.get(), file) == file && output.write("after") == 5;
  }));
  EXPECT_EQ(readWholeFile(folder / "log"), "after");
  EXPECT_EQ(readWholeFile(folder / "other"), "");
}

TEST(NonBlockingOutput, ReportsEbadfForAClosedDescriptor) {
  const NonBlockingOutput output(-1);
  EXPECT_EQ(output.write("x"), -1);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace leptir::base
