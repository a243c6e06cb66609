#include "link/status_board.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "link/slot.h"
#include "tests/support/child.h"
#include "tests/support/mapping_flags.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir::link {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class StatusBoardTest : public ::testing::Test {
 protected:
  void write(const std::string& bytes) const { std::ofstream(file, std::ios::binary) << bytes; }
  ErrorCode readError() const { return StatusBoard::read(file, clock).error().code(); }

  ManualClock clock;
  TempDir folder;
  const fs::path file = folder / "board";
};

TEST_F(StatusBoardTest, IsExcludedFromCoreFiles) {
  const auto board = StatusBoard::create(file, "0123456789abcdef", 1, clock).value();
  const auto flags =
      mappingFlags([](auto, auto, auto name) { return name.find("leptir-board") != std::string_view::npos; });
  EXPECT_FALSE(flags.empty());
  EXPECT_TRUE(isExcludedFromCoreFiles(flags)) << flags;
}

TEST_F(StatusBoardTest, CanBeTakenOverOnceItsMasterIsGoneThoughAChildStillMapsIt) {
  auto board = StatusBoard::create(file, "0123456789abcdef", 1, clock).value();
  const pid_t fork = startChild([&] {
    board->closeInChild();
    ::pause();
    return true;
  });
  EXPECT_EQ(StatusBoard::takeOver(file).error().code(), ErrorCode::Lost);
  board.reset();
  EXPECT_TRUE(waitUntil([&] { return StatusBoard::takeOver(file).has_value(); }));
  killChild(fork);
}

// If the file itself were mapped, its truncation would be a SIGBUS in each process that reads or writes the board.
TEST_F(StatusBoardTest, HarmsNoProcessWhenItsFileIsTruncated) {
  const auto board = StatusBoard::create(file, "0123456789abcdef", 2, clock).value();
  fs::resize_file(file, 0);
  board->setTask(1, "id", "name", clock.bootTime());
  board->addSettled(1, 0);
  EXPECT_EQ(board->snapshot(clock).done, 1u);
  EXPECT_EQ(readError(), ErrorCode::Corrupt);
  EXPECT_TRUE(board->restoreFile().value());
  EXPECT_EQ(StatusBoard::read(file, clock)->done, 1u);
  EXPECT_FALSE(board->restoreFile().value()) << "nothing to do";
}

TEST_F(StatusBoardTest, CreatesItsFileAgainWhenItWasRemovedReplacedOrOverwritten) {
  const auto board = StatusBoard::create(file, "0123456789abcdef", 2, clock).value();
  const auto expectRestored = [&](const char* after) {
    EXPECT_TRUE(board->restoreFile().value()) << after;
    EXPECT_EQ(StatusBoard::read(file, clock)->session, "0123456789abcdef") << after;
    EXPECT_EQ(StatusBoard::takeOver(file).error().code(), ErrorCode::Lost) << after;
  };
  fs::remove(file);
  expectRestored("removed");
  fs::remove(file);
  write("another file");
  expectRestored("replaced");
  write(std::string(readWholeFile(file).size(), 'x'));
  expectRestored("overwritten");
  board->setMaster(77);
  board->setConfiguration("/etc/leptir.yaml");
  EXPECT_FALSE(board->restoreFile().value()) << "a change by its own process is no damage";
}

TEST_F(StatusBoardTest, DoesNotTouchTheFileOfAnotherLivingInstance) {
  const auto first = StatusBoard::create(file, "first", 1, clock).value();
  const auto second = StatusBoard::create(file, "second", 1, clock).value();
  EXPECT_EQ(first->restoreFile().error().code(), ErrorCode::Lost);
  first->remove();
  EXPECT_EQ(StatusBoard::read(file, clock)->session, "second");
}

TEST_F(StatusBoardTest, DoesNotTouchAFileThatItMayNotOpen) {
  LEPTIR_NEEDS_ROOT();
  giveTo(kOtherUser, folder.path());
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    const auto board = StatusBoard::create(file, "s", 1, clock).value();
    fs::remove(file);
    return ::symlink("elsewhere", file.c_str()) == 0 && board->restoreFile().value();
  })) << "a link is replaced, since no instance creates one";
  write("another user's");
  ::chmod(file.c_str(), 0600);
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    const auto board = StatusBoard::create(folder / "ours", "s", 1, clock).value();
    fs::rename(file, folder / "ours");
    const auto restored = board->restoreFile();
    return !restored && restored.error().code() == ErrorCode::Unavailable;
  }));
  EXPECT_EQ(readWholeFile(folder / "ours"), "another user's");
}

TEST_F(StatusBoardTest, ReportsWhenItCannotDetermineItsMaster) {
  const auto board = StatusBoard::create(file, "s", 1, clock).value();
  EXPECT_TRUE(inChild([&] {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return false;
    const auto master = StatusBoard::masterOf(file);
    return !master && master.error().code() == ErrorCode::Unavailable;
  }));
}

TEST_F(StatusBoardTest, NamesItsMasterOnlyWhileThatHoldsIt) {
  EXPECT_EQ(StatusBoard::masterOf(file).value(), std::nullopt);
  {
    const auto board = StatusBoard::create(file, "s", 1, clock).value();
    EXPECT_EQ(StatusBoard::masterOf(file).value(), ::getpid());
    board->setMaster(1);
    EXPECT_EQ(StatusBoard::masterOf(file).value(), std::nullopt) << "a process that has not opened it";
    board->setMaster(::getpid());
  }
  const base::UniqueFd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(StatusBoard::masterOf(file).value(), std::nullopt) << "the process with that pid only reads the file";
}

TEST_F(StatusBoardTest, NamesTheDeadInstanceWhenItIsTakenOver) {
  StatusBoard::create(file, "0123456789abcdef", 2, clock).value()->setMaster(77);
  const auto dead = StatusBoard::takeOver(file);
  ASSERT_TRUE(dead) << dead.error().message();
  EXPECT_EQ(dead->instance.session, "0123456789abcdef");
  EXPECT_EQ(dead->instance.pid, 77);
  EXPECT_EQ(readError(), ErrorCode::Unavailable) << "its memory is gone";
}

TEST_F(StatusBoardTest, ShowsTheLongestPathWhole) {
  const auto board = StatusBoard::create(file, "s", 1, clock).value();
  const std::string longest = "/" + std::string(4094, 'x');
  board->setConfiguration(longest);
  EXPECT_EQ(StatusBoard::read(file, clock)->configuration, longest);
}

TEST_F(StatusBoardTest, ShowsWhatItsInstanceWaitsFor) {
  const auto board = StatusBoard::create(file, "0123456789abcdef", 1, clock).value();
  EXPECT_EQ(StatusBoard::read(file, clock)->state, InstanceState::Starting);
  board->setConfiguration("/etc/leptir.yaml");
  board->setState(InstanceState::Waiting, "broker main");
  const auto read = StatusBoard::read(file, clock).value();
  EXPECT_EQ(read.configuration, "/etc/leptir.yaml");
  EXPECT_EQ(read.state, InstanceState::Waiting);
  EXPECT_EQ(read.waitsFor, "broker main");
  board->setState(InstanceState::Running, "");
  EXPECT_TRUE(StatusBoard::read(file, clock)->isReady());
}

TEST_F(StatusBoardTest, HasNoStoreRequestsWhereNoneWereCounted) {
  const auto board = StatusBoard::create(file, "0123456789abcdef", 2, clock).value();
  board->setStoreRequests({});
  EXPECT_EQ(StatusBoard::read(file, clock)->storeRequests, std::nullopt);
}

TEST_F(StatusBoardTest, ReadersSeeWhatMasterAndDispatcherWrote) {
  const auto board = StatusBoard::create(file, "0123456789abcdef", 2, clock).value();
  board->setMaster(100);
  board->setWorker(1, 102);
  board->setTask(1, "id-1", "image.resize", clock.bootTime());
  board->setProgress(1, 0.25, "a quarter");
  board->addSettled(10, 3);
  board->setStoreRequests({7, 2, 1});
  clock.advance(1500ms);

  const auto read = StatusBoard::read(file, clock).value();
  EXPECT_EQ(read.pid, 100);
  EXPECT_EQ(read.session, "0123456789abcdef");
  EXPECT_EQ(read.since, clock.now() - 1500ms);
  EXPECT_EQ(read.done, 10u);
  EXPECT_EQ(read.failed, 3u);
  EXPECT_EQ(read.storeRequests, (BoardStoreRequests{7, 2, 1}));
  ASSERT_EQ(read.workers.size(), 2u);
  EXPECT_FALSE(read.workers[0].busy);
  EXPECT_TRUE(read.workers[1].busy);
  EXPECT_EQ(read.workers[1].pid, 102);
  EXPECT_EQ(read.workers[1].taskId, "id-1");
  EXPECT_EQ(read.workers[1].taskName, "image.resize");
  EXPECT_DOUBLE_EQ(read.workers[1].seconds, 1.5);
  EXPECT_DOUBLE_EQ(read.workers[1].progress, 0.25);
  EXPECT_EQ(read.workers[1].progressText, "a quarter");

  board->clearTask(1);
  EXPECT_FALSE(StatusBoard::read(file, clock).value().workers[1].busy);
}

TEST_F(StatusBoardTest, CutsTextsThatAreTooLong) {
  const auto board = StatusBoard::inMemory(1, clock);
  board->setTask(0, std::string(1000, 'i'), std::string(1000, 'n'), clock.bootTime());
  EXPECT_EQ(board->snapshot(clock).workers[0].taskId, std::string(255, 'i'));
  EXPECT_EQ(board->snapshot(clock).workers[0].taskName, std::string(255, 'n'));
}

TEST_F(StatusBoardTest, IsRemovedAtACleanEnd) {
  StatusBoard::create(file, "s", 1, clock).value()->remove();
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(readError(), ErrorCode::NotFound);
}

TEST_F(StatusBoardTest, ReplacesAFileThatADeadInstanceLeft) {
  write("left over");
  const auto board = StatusBoard::create(file, "new", 1, clock).value();
  EXPECT_EQ(StatusBoard::read(file, clock).value().session, "new");
}

TEST_F(StatusBoardTest, LeavesTheTargetOfASymbolicLinkAlone) {
  std::ofstream(folder / "victim") << "precious";
  fs::create_symlink(folder / "victim", file);
  const auto board = StatusBoard::create(file, "s", 1, clock).value();
  std::string content;
  std::ifstream(folder / "victim") >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(StatusBoardTest, IsNotReadThroughASymbolicLink) {
  const auto board = StatusBoard::create(file, "s", 1, clock).value();
  fs::create_symlink(file, folder / "link");
  EXPECT_EQ(StatusBoard::read(folder / "link", clock).error().code(), ErrorCode::Invalid);
}

TEST_F(StatusBoardTest, OfAThirdUserIsReadOnlyByRoot) {
  LEPTIR_NEEDS_ROOT();
  const auto board = StatusBoard::create(file, "s", 1, clock).value();
  ::chmod(folder.path().c_str(), 0755);
  ::chmod(file.c_str(), 0644);
  const auto error = [&] {
    const auto read = StatusBoard::read(file, clock);
    return read ? std::string() : read.error().message();
  };
  const auto isAnswered = [&](const std::string& words) {
    return asUser(kOtherUser, [&] { return error().find(words) != std::string::npos; });
  };
  EXPECT_FALSE(isAnswered("belongs to")) << "root's instance";
  giveTo(54321, file);
  EXPECT_TRUE(isAnswered(file.string() + ": belongs to user 54321"));
  EXPECT_EQ(error(), "") << "read by root";
}

TEST_F(StatusBoardTest, IsReadableOnlyByItsOwner) {
  const Umask umask(0);
  ASSERT_TRUE(StatusBoard::create(file, "s", 1, clock));
  EXPECT_EQ(modeOf(file), 0600u);
}

TEST_F(StatusBoardTest, NamesThePathWhereItCannotBeCreated) {
  const auto missing = StatusBoard::create(folder.path() / "no" / "such", "s", 1, clock);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("no/such"), std::string::npos);
}

TEST_F(StatusBoardTest, RunningOutOfDescriptorsIsATemporaryError) {
  EXPECT_TRUE(inChild([&] {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return false;
    const auto board = StatusBoard::create(file, "s", 1, clock);
    return !board && board.error().code() == ErrorCode::Unavailable;
  }));
}

TEST_F(StatusBoardTest, RefusesAFileThatIsNoBoard) {
  for (const auto& bytes : {std::string(), std::string("short"), std::string(4096, '\0'), std::string(100'000, 'x')}) {
    write(bytes);
    EXPECT_EQ(readError(), ErrorCode::Corrupt) << bytes.size();
  }
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_EQ(readError(), ErrorCode::Corrupt);
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(readError(), ErrorCode::Corrupt) << "and it does not wait for a writer of the FIFO";
}

TEST_F(StatusBoardTest, RefusesABoardThatWasCutOrIsOfAnotherVersion) {
  const auto board = StatusBoard::create(file, "s", 100, clock).value();
  const auto whole = readWholeFile(file);
  write(whole.substr(0, whole.size() - 1));
  EXPECT_EQ(readError(), ErrorCode::Corrupt);
  auto older = whole;
  ++older[0];
  write(older);
  EXPECT_EQ(readError(), ErrorCode::Corrupt);
  write(whole);
  EXPECT_TRUE(StatusBoard::read(file, clock));
}

TEST_F(StatusBoardTest, ShowsErrorReportsWhereAReporterIsConfigured) {
  const auto board = StatusBoard::inMemory(1, clock);
  EXPECT_FALSE(board->snapshot(clock).errorReports);
  board->setErrorReportsEnabled(true);
  board->setWorker(kReportSlot, 42);
  board->updateErrorReports({.sent = 2, .failed = 1, .dropped = 3, .repeated = 4, .waiting = 5, .failing = "A"});
  board->updateErrorReports({.sent = 1, .waiting = 0});
  const auto reports = board->snapshot(clock).errorReports.value();
  EXPECT_EQ(reports.pid, 42);
  EXPECT_EQ(reports.sent, 3u);
  EXPECT_EQ(reports.failed, 1u);
  EXPECT_EQ(reports.dropped, 3u);
  EXPECT_EQ(reports.repeated, 4u);
  EXPECT_EQ(reports.waiting, 0u);
  EXPECT_EQ(reports.failing, "");
  EXPECT_EQ(board->snapshot(clock).workers.size(), 1u);
}

TEST_F(StatusBoardTest, ShowsTheMetricsServerThatIsConfigured) {
  const auto board = StatusBoard::create(file, "0123456789abcdef", 1, clock).value();
  const auto shown = [&] { return StatusBoard::read(file, clock)->metricsServer; };
  EXPECT_FALSE(shown());
  board->showMetricsServer("127.0.0.1:9464");
  board->setMetricsServer(77);
  board->setMetricsProblem("the address is in use");
  ASSERT_TRUE(shown());
  EXPECT_EQ(shown()->address, "127.0.0.1:9464");
  EXPECT_EQ(shown()->pid, 77);
  EXPECT_FALSE(shown()->listening);
  EXPECT_EQ(shown()->problem, "the address is in use");
  board->setMetricsListening();
  EXPECT_TRUE(shown()->listening);
  EXPECT_EQ(shown()->problem, "");
  board->setMetricsServer(0);
  EXPECT_FALSE(shown()->listening) << "it died";
  board->showMetricsServer("");
  EXPECT_FALSE(shown()) << "a reload removed it";
}

TEST_F(StatusBoardTest, ShowsSpansWhereTheyAreSent) {
  const auto board = StatusBoard::inMemory(1, clock);
  EXPECT_FALSE(board->snapshot(clock).spans);
  board->setSpansEnabled(true);
  board->updateSpans({.sent = 2, .dropped = 1, .waiting = 5, .failing = true});
  board->updateSpans({.sent = 1, .dropped = 1});
  const auto spans = board->snapshot(clock).spans.value();
  EXPECT_EQ(spans.sent, 3u);
  EXPECT_EQ(spans.dropped, 2u);
  EXPECT_EQ(spans.waiting, 0u);
  EXPECT_FALSE(spans.failing);
}

TEST_F(StatusBoardTest, NeverShowsAHalfWrittenTask) {
  const auto board = StatusBoard::inMemory(1, clock);
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int i = 0; !over; ++i)
      board->setTask(0, std::string(200, i % 2 ? 'a' : 'b'), std::string(200, i % 2 ? 'a' : 'b'), clock.bootTime());
  });
  int torn = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto worker = board->snapshot(clock).workers[0];
    if (worker.busy && worker.taskId != worker.taskName) ++torn;
  }
  over = true;
  writer.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace leptir::link
