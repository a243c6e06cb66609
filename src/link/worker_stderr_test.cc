#include "link/worker_stderr.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <string>

#include "link/stderr_forwarder.h"
#include "tests/support/child.h"

namespace leptir::link {
namespace {

class WorkerStderrTest : public ::testing::Test {
 protected:
  // Runs `deed` in a child process that is confined as worker 0.
  void asWorker(const std::function<void()>& deed) {
    EXPECT_TRUE(inChild([&] {
      if (!link->confineToWorker(0)) return false;
      deed();
      return true;
    }));
  }
  static void write(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
      const auto bytes = ::write(STDERR_FILENO, text.data() + at, text.size() - at);
      if (bytes <= 0) return;
      at += static_cast<std::size_t>(bytes);
    }
  }
  // What one call forwards.
  std::string forwarded() {
    int pipe[2];
    EXPECT_EQ(::pipe(pipe), 0);
    forwardStderr(*link, base::NonBlockingOutput(pipe[1]));
    ::close(pipe[1]);
    std::string all;
    char buffer[4096];
    for (ssize_t bytes; (bytes = ::read(pipe[0], buffer, sizeof buffer)) > 0;)
      all.append(buffer, static_cast<std::size_t>(bytes));
    ::close(pipe[0]);
    return all;
  }

  std::unique_ptr<Link> link = Link::create(2).value();
  WorkerStderr& text = link->workerStderr(0);
};

TEST_F(WorkerStderrTest, KeepsWhatADeadWorkerWrote) {
  asWorker([] { write("one\ntwo\n"); });
  asWorker([] { write("three\n"); });
  EXPECT_EQ(text.end(), 14u);
  EXPECT_EQ(text.read(0, 14, 100), "one\ntwo\nthree\n");
  EXPECT_EQ(text.read(0, 8, 4), "two\n");
  EXPECT_EQ(text.read(8, 1000, 100), "three\n");
  EXPECT_EQ(text.read(14, 14, 100), "");
}

TEST_F(WorkerStderrTest, IsCutBetweenCharacters) {
  asWorker([] { write("底板🦋"); });  // 3, 3 and 4 bytes
  const auto lastBytes = [this](std::uint64_t limit) { return text.read(0, text.end(), limit); };
  EXPECT_EQ(lastBytes(10), "底板🦋");
  for (const std::uint64_t limit : {7, 8, 9}) EXPECT_EQ(lastBytes(limit), "板🦋") << limit;
  for (const std::uint64_t limit : {4, 5, 6}) EXPECT_EQ(lastBytes(limit), "🦋") << limit;
  for (const std::uint64_t limit : {0, 1, 2, 3}) EXPECT_EQ(lastBytes(limit), "") << limit;
}

TEST_F(WorkerStderrTest, IsForwardedOnce) {
  asWorker([] { write("one\n"); });
  EXPECT_EQ(forwarded(), "one\n");
  asWorker([] { write("two\n"); });
  EXPECT_EQ(forwarded(), "two\n");
  EXPECT_EQ(forwarded(), "");
}

TEST_F(WorkerStderrTest, IsForwardedInPiecesToASlowReader) {
  asWorker([] {
    write(std::string(200'000, 'x'));
    write("\n");
  });
  const auto first = forwarded();
  EXPECT_GE(first.size(), 4096u);
  EXPECT_LT(first.size(), 200'001u) << "a pipe takes 64 KiB";
  std::string all = first;
  for (std::string more; !(more = forwarded()).empty();) all += more;
  EXPECT_EQ(all, std::string(200'000, 'x').append("\n"));
}

TEST_F(WorkerStderrTest, LeavesOutAllButTheLastMegabyteAndSaysSo) {
  asWorker([] {
    write(std::string(3 << 20, 'x'));
    write("\nthe end\n");
  });
  auto all = forwarded();
  EXPECT_TRUE(all.starts_with("[leptir: ")) << all.substr(0, 100);
  for (std::string more; !(more = forwarded()).empty();) all += more;
  EXPECT_TRUE(all.ends_with("\nthe end\n"));
  EXPECT_LT(all.size(), 2u << 20);
}

TEST_F(WorkerStderrTest, ReleasesItsMemoryButKeepsItsEnd) {
  for (int round = 0; round < 5; ++round) {
    asWorker([] { write(std::string(4 << 20, 'x')); });
    text.releaseOldMemory();
  }
  asWorker([] {
    struct stat info{};
    ::fstat(STDERR_FILENO, &info);
    write(info.st_blocks * 512 < (10 << 20) ? "small\n" : "large\n");
  });
  EXPECT_EQ(text.read(0, text.end(), 6), "small\n");
  EXPECT_EQ(text.end(), (20u << 20) + 6);
}

TEST_F(WorkerStderrTest, SurvivesATaskThatTruncatesOrExtendsIt) {
  asWorker([] {
    write("before\n");
    EXPECT_EQ(::ftruncate(STDERR_FILENO, off_t{1} << 40), 0);
  });
  text.releaseOldMemory();
  EXPECT_EQ(text.read(0, text.end(), 100), "");
  EXPECT_TRUE(forwarded().starts_with("[leptir: "));
  EXPECT_EQ(forwarded(), "");
  asWorker([] {
    EXPECT_EQ(::ftruncate(STDERR_FILENO, 0), 0);
    write("after\n");
  });
  text.releaseOldMemory();
  EXPECT_EQ(text.read(0, text.end(), 100), "after\n");
}

TEST_F(WorkerStderrTest, StartsAgainAtZeroWhenCleared) {
  asWorker([] { write("one\n"); });
  text.clear();
  EXPECT_EQ(text.end(), 0u);
  asWorker([] { write("two\n"); });
  EXPECT_EQ(text.read(0, 100, 100), "two\n");
}

}  // namespace
}  // namespace leptir::link
