// examples/own_backend beyond the conformance suite: what its folder does when files are damaged, foreign or missing.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "examples/own_backend/folder_backend.h"
#include "tests/conformance/conformance.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir::conformance {
namespace {

namespace fs = std::filesystem;

class FolderBackendTest : public ::testing::Test {
 protected:
  Json connection() const { return {{"path", folder.path().string()}}; }
  std::unique_ptr<SimpleBroker> open(BrokerUse use = BrokerUse::Dispatch) {
    return must(backend.openBroker(connection(), use));
  }
  TaskCounts counts() { return must(broker->tasksCount()); }
  static void write(const fs::path& file, std::string_view text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  // Replaces a folder by a file, so that it cannot be read: also root then gets an error.
  void makeUnreadable(std::string_view name) const {
    fs::remove_all(folder / name);
    write(folder / name, "");
  }

  TempDir folder;
  folder::FolderBackend backend;
  std::unique_ptr<SimpleBroker> broker = open();
};

TEST_F(FolderBackendTest, AFolderThatCannotBeReadIsNotTakenForAnEmptyOne) {
  must(broker->pushBrokerTasks(tasks("t", 2)));
  makeUnreadable("tasks");
  const auto counted = broker->tasksCount();
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().code(), ErrorCode::Unavailable);
  EXPECT_NE(counted.error().message().find((folder / "tasks").string()), std::string::npos);
  EXPECT_FALSE(broker->isUsable());
}

TEST_F(FolderBackendTest, NoOperationGoesOnWithoutTheLock) {
  fs::remove(folder / "lock");
  fs::create_directory(folder / "lock");
  EXPECT_EQ(codeOf(broker->tasksCount()), ErrorCode::Unavailable);
  EXPECT_EQ(codeOf(broker->pushBrokerTasks(tasks("t", 1))), ErrorCode::Unavailable);
  EXPECT_EQ(codeOf(broker->recoverExpired(1)), ErrorCode::Unavailable);
}

TEST_F(FolderBackendTest, DamagedFilesAreSetAsideAndTheOthersGoOn) {
  must(broker->pushBrokerTasks(tasks("t", 2)));
  const std::vector<std::string> damaged{"", "nonsense", "{\"id\": 5}\n", "[]\nx", "{\"id\":\"d4\"}\n"};
  for (std::size_t i = 0; i < damaged.size(); ++i)
    write(folder / ("tasks/d" + std::to_string(i) + ".task"), damaged[i]);
  write(folder / "sessions/x.session", "{}");
  const auto session = must(broker->openSession({std::string(32, 'a'), 1}, {}, 1h));
  Wake wake;
  EXPECT_EQ(idsOf(must(session->popBrokerTasks(10, 0s, wake))), (Ids{"t1", "t2"}));
  must(broker->recoverExpired(10));
  const auto notices = broker->takeNotices();
  EXPECT_EQ(notices.size(), damaged.size() + 1);
  EXPECT_NE(notices[0].find("is set aside as " + (folder / "damaged").string()), std::string::npos) << notices[0];
  EXPECT_TRUE(broker->takeNotices().empty());
  for (std::size_t i = 0; i < damaged.size(); ++i)
    EXPECT_EQ(readWholeFile(folder / ("damaged/d" + std::to_string(i) + ".task")), damaged[i]) << "nothing is lost";
}

TEST_F(FolderBackendTest, ACopyOfATaskUnderAnotherNameIsSetAside) {
  must(broker->pushBrokerTasks(tasks("t", 1)));
  fs::copy_file(folder / "tasks/t1.task", folder / "tasks/copy.task");
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
  EXPECT_TRUE(fs::exists(folder / "damaged/copy.task"));
}

TEST_F(FolderBackendTest, ASecondDamagedFileOfOneNameReplacesNone) {
  for (const auto* text : {"first", "second"}) {
    write(folder / "tasks/x.task", text);
    counts();
  }
  EXPECT_EQ(readWholeFile(folder / "damaged/x.task"), "first");
  EXPECT_EQ(readWholeFile(folder / "damaged/x.task.1"), "second");
}

TEST_F(FolderBackendTest, FilesAndFoldersOfOtherKindsAreLeftAlone) {
  write(folder / "tasks/README", "hello");
  fs::create_directory(folder / "tasks/folder.task");
  fs::create_symlink("/nowhere", folder / "tasks/link.task");
  EXPECT_EQ(counts(), TaskCounts{});
  EXPECT_TRUE(fs::exists(folder / "tasks/README"));
}

TEST_F(FolderBackendTest, EverySpellingOfAFolderIsOneStore) {
  fs::create_directory(folder / "a");
  fs::create_directory_symlink(folder / "a", folder / "b");
  const auto location = [&](const std::string& path) {
    return backend.storeLocation({{"path", folder.path().string() + path}});
  };
  for (const auto* spelling : {"/a/", "/./a", "//a", "/x/../a", "/b", "/b/"})
    EXPECT_EQ(location(spelling), location("/a"));
  EXPECT_NE(location("/a"), location("/c"));
}

TEST_F(FolderBackendTest, AFileInPlaceOfTheFolderIsInvalid) {
  write(folder / "file", "");
  for (const auto* path : {"file", "file/below"})
    EXPECT_EQ(codeOf(backend.openBroker({{"path", (folder / path).string()}}, BrokerUse::Push)), ErrorCode::Invalid);
}

TEST_F(FolderBackendTest, LookingAtAStoreThatIsNotThereMakesNone) {
  const Json nowhere{{"path", (folder / "none").string()}};
  EXPECT_EQ(codeOf(backend.openBroker(nowhere, BrokerUse::Inspect)), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(backend.openMetaStorage(nowhere, {}, MetaUse::Inspect)), ErrorCode::NotFound);
  EXPECT_FALSE(fs::exists(folder / "none"));
}

TEST_F(FolderBackendTest, APushThatBecameWholeIsFinishedByTheNextOperation) {
  must(broker->pushBrokerTasks(tasks("t", 3)));
  fs::create_directory(folder / "pushes/whole");
  for (const auto* name : {"t2.task", "t3.task"}) fs::rename(folder / "tasks" / name, folder / "pushes/whole" / name);
  EXPECT_EQ(counts(), (TaskCounts{.due = 3}));
  EXPECT_FALSE(fs::exists(folder / "pushes/whole"));
}

TEST_F(FolderBackendTest, APushThatDidNotBecomeWholeIsForgotten) {
  must(broker->pushBrokerTasks(tasks("t", 1)));
  fs::create_directory(folder / "pushes/new");
  fs::copy_file(folder / "tasks/t1.task", folder / "pushes/new/t1.task");
  must(broker->keeper().remove("t1"));
  EXPECT_EQ(counts(), TaskCounts{});
  must(broker->pushBrokerTasks(tasks("u", 2)));
  EXPECT_EQ(counts(), (TaskCounts{.due = 2}));
}

TEST_F(FolderBackendTest, APushOfAKilledProcessIsThereWholeOrNotAtAll) {
  constexpr int kTasksOfAPush = 10;
  for (int round = 1; round <= 20; ++round) {
    const auto before = counts().due;
    const auto child = ::fork();
    if (child == 0) {
      const auto pusher = open(BrokerUse::Push);
      for (int i = 0;; ++i) {
        const auto prefix = std::to_string(round) + "-" + std::to_string(i) + "-";
        if (!pusher->pushBrokerTasks(tasks(prefix, kTasksOfAPush))) ::_exit(1);
      }
    }
    waitUntil([&] { return counts().due > before; });
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(counts().due % kTasksOfAPush, 0u);
  }
}

TEST_F(FolderBackendTest, AnEnvelopeThatAnotherProgramPutsIntoIncomingIsATask) {
  const std::string envelope = R"({"cn":"Test","td":{"id":"mine","parameters":[]}})";
  write(folder / "incoming/x.task", envelope);
  write(folder / "incoming/y.task", envelope);
  write(folder / "incoming/z.task", R"({"td":{"id":")" + std::string(100'000, 'x') + R"("}})");
  EXPECT_EQ(counts(), (TaskCounts{.due = 2})) << "the same id is not added twice";
  EXPECT_EQ(must(broker->keeper().find("mine")).envelope, envelope);
  EXPECT_TRUE(fs::is_empty(folder / "incoming"));
}

TEST_F(FolderBackendTest, AnUnreadableFileInIncomingStopsNothing) {
  fs::create_directory(folder / "incoming/folder.task");
  fs::create_symlink("loop.task", folder / "incoming/loop.task");
  write(folder / "incoming/x.task", "not JSON");
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
}

TEST_F(FolderBackendTest, SaysWhichFolderMayNotBeWrittenTo) {
  EXPECT_TRUE(broker->checkRights());
  fs::remove_all(folder / "sessions");
  const auto tried = broker->checkRights();
  ASSERT_FALSE(tried);
  EXPECT_NE(tried.error().message().find("sessions"), std::string::npos);
}

}  // namespace
}  // namespace leptir::conformance
