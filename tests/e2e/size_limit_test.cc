// Limits on the size of files: of the whole instance (ulimit -f), and of a task name (file_size).
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "tests/e2e/installation.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class SizeLimitTest : public Installation {
 protected:
  // From now on runs leptir under `ulimit -f` with so many kilobytes.
  void limitFilesTo(int kilobytes) {
    const auto script = folder / "limited";
    std::ofstream(script) << "#!/bin/sh\nulimit -f " << kilobytes * 2 << "\nexec " << program << " \"$@\"\n";
    fs::permissions(script, fs::perms::owner_all);
    program = script;
  }
  // Grows the log file to this size; the new part holds no lines.
  void growLogTo(int kilobytes) {
    std::ofstream(log_, std::ios::app) << "";
    fs::resize_file(log_, static_cast<std::uintmax_t>(kilobytes) << 10);
  }

  const fs::path log_ = folder / "leptir.log";
};

TEST_F(SizeLimitTest, AnInstanceRunsOnIfItsLogCannotGrow) {
  growLogTo(4096);
  const auto unlimited = program;
  limitFilesTo(4096);
  const auto instance = start();
  waitUntilRunning();
  program = unlimited;
  const auto id = push({"noop"});
  EXPECT_TRUE(eventually([&] { return info(id).at("status") == 3; }));
  EXPECT_EQ(info(id).at("retC"), 1) << info(id).dump();
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
  const auto said = instance->output();
  EXPECT_NE(said.find("no file of this instance can grow beyond 4194304 bytes (ulimit -f"), std::string::npos) << said;
  EXPECT_NE(said.find("log lines were dropped: " + log_.string() + ": file too large (raise the limit: ulimit -f"),
            std::string::npos)
      << said;
}

TEST_F(SizeLimitTest, PushReportsThatTheStoreCannotGrow) {
  ASSERT_EQ(leptir({"push", "noop", "--number=300", "--quiet"}).exit, 0);
  limitFilesTo(20);
  const auto answer = leptir({"push", "noop"});
  EXPECT_EQ(answer.exit, 69) << answer.out << answer.err;
  EXPECT_NE(answer.err.find("file too large (raise the limit: ulimit -f"), std::string::npos) << answer.err;
}

TEST_F(SizeLimitTest, APushOfManyTasksSaysHowManyWereAddedBeforeTheStoreWasFull) {
  const auto unlimited = program;
  limitFilesTo(2000);
  const auto answer = leptir({"push", "noop", "--number=50000", "--quiet"});
  program = unlimited;
  EXPECT_EQ(answer.exit, 69) << answer.err;
  const auto added = status().at("brokers").at(0).at("due").get<int>();
  EXPECT_GT(added, 0);
  EXPECT_THAT(answer.err, HasSubstr("before this error " + std::to_string(added) +
                                    " of the 50000 tasks were added; push the others with --number=" +
                                    std::to_string(50'000 - added)));
}

TEST_F(SizeLimitTest, TheFileSizeOfATaskNameDoesNotLimitTheLog) {
  writeConfig(
      defaultYaml("  tasks:\n    small: { command: [/bin/sh, -c, 'echo hello; echo written >&2'], file_size: 4K }\n"));
  growLogTo(8);
  const auto id = push({"small", "text=" + std::string(10'000, 'x')});
  EXPECT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("retC"), 1) << info(id).dump();
  EXPECT_EQ(info(id).at("respM"), "hello");
  EXPECT_NE(readWholeFile(log_).find("](small) written"), std::string::npos);
}

TEST_F(SizeLimitTest, TheFileSizeOfATaskNameLimitsFilesOfItsProgram) {
  writeConfig(defaultYaml("  tasks:\n    small: { command: [/bin/sh, -c, 'head -c 5000 /dev/zero > " +
                          (folder / "large").string() + "'], file_size: 4K }\n"));
  const auto id = push({"small"});
  EXPECT_EQ(drain(), 0);
  EXPECT_NE(info(id).at("retC"), 1) << info(id).dump();
  EXPECT_EQ(fs::file_size(folder / "large"), 4096u);
}

}  // namespace
}  // namespace leptir::e2e
