// Log files that are renamed and reopened, as logrotate does it.
#include <csignal>

#include "tests/e2e/ledger.h"

namespace leptir::e2e {
namespace {

class LogsTest : public Ledger {
 protected:
  // Tasks of a name that no program knows: the dispatcher logs a line for each.
  void pushUnknown(int number) { leptir({"push", "nobody.knows", "--number=" + std::to_string(number)}); }

  std::size_t linesIn(const fs::path& file, const std::string& text) const {
    std::ifstream log(file);
    std::size_t lines = 0;
    for (std::string line; std::getline(log, line);) lines += line.find(text) != std::string::npos ? 1 : 0;
    return lines;
  }
  std::size_t linesInAll(const std::string& text) const {
    std::size_t lines = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().string().find("leptir.log") != std::string::npos) lines += linesIn(entry.path(), text);
    }
    return lines;
  }

  const fs::path log_ = folder / "leptir.log";
};

TEST_F(LogsTest, NoLineIsLostWhileFilesAreRenamedAndReopened) {
  const auto instance = start();
  waitUntilRunning();
  std::size_t pushed = 0;
  for (int round = 0; round < 20; ++round) {
    pushUnknown(10);
    pushed += 10;
    const auto old = folder / ("leptir.log." + std::to_string(round));
    fs::rename(log_, old);
    instance->signal(round % 2 == 0 ? SIGUSR1 : SIGHUP);
    ASSERT_TRUE(eventually([&] { return fs::exists(log_); }));
  }
  EXPECT_TRUE(eventually([&] { return linesInAll("No task of this name") >= pushed; }))
      << linesInAll("No task of this name");
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(LogsTest, TheDispatcherOpensTheNewFileOnSigusr1) {
  const auto instance = start();
  waitUntilRunning();
  pushUnknown(1);
  ASSERT_TRUE(eventually([&] { return linesIn(log_, "No task of this name") == 1; }));
  fs::rename(log_, folder / "leptir.log.1");
  instance->signal(SIGUSR1);
  // The dispatcher must open the new file on the signal, without a write: on a write it would notice the rename by
  // itself.
  const auto opened = "/proc/" + std::to_string(dispatcherPid()) + "/fd";
  EXPECT_TRUE(eventually([&] {
    std::error_code error;
    for (const auto& descriptor : fs::directory_iterator(opened, error)) {
      if (fs::read_symlink(descriptor, error) == log_) return true;
    }
    return false;
  }));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

}  // namespace
}  // namespace leptir::e2e
