// A reload: how the master replaces the dispatcher and the workers when the configuration changes, with real processes.

#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

class MasterReload : public ::testing::Test {
 protected:
  // Which hooks were called. They are noted as numbers in the list of pids in Notes, which master and test share.
  enum Asked { Read = 1, Checked, Prepared, Committed };

  void hook(int checkAnswer, std::optional<MasterOptions> next) {
    instance.reload.read = [this] { return instance.notes->note(Read), true; };
    instance.reload.check = [this, checkAnswer] { return instance.notes->note(Checked), checkAnswer; };
    instance.reload.prepare = [this, next]() -> std::optional<MasterOptions> {
      instance.notes->note(Prepared);
      if (next && !instance.link->growTo(next->workers)) return std::nullopt;
      return next;
    };
    instance.reload.commit = [this] { instance.notes->note(Committed); };
  }

  std::vector<int> asked() const {
    std::vector<int> asked;
    for (int i = 0; i < instance.notes->pidCount; ++i)
      asked.push_back(instance.notes->pids[static_cast<std::size_t>(i)]);
    return asked;
  }
  bool isAsked(std::vector<int> wanted) const {
    return waitUntil([&] { return asked() == wanted; });
  }

  // Whether the board comes to say that the requests up to this one have this end.
  bool answers(std::uint64_t request, link::ReloadEnd end) const {
    return waitUntil([&] {
      const auto reloads = instance.board->reloads();
      return reloads.requested == request && reloads.answered == request && reloads.end == end;
    });
  }

  ToyInstance instance{optionsFor(1)};
};

TEST_F(MasterReload, ChangesNothingWhenTheCheckFails) {
  hook(78, optionsFor(3));
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  ASSERT_TRUE(waitUntil([&] { return instance.isReady(0) && instance.dispatcherPid() != 0; }));
  const int before = instance.workerPid(0);
  instance.signal(SIGHUP);
  ASSERT_TRUE(isAsked({Read, Checked}));
  EXPECT_EQ(instance.outcome(0, instance.assign(0, "ok")), "did ok");
  instance.signal(SIGHUP);
  ASSERT_TRUE(isAsked({Read, Checked, Read, Checked})) << "no further hook was called after the first check";
  EXPECT_EQ(instance.workerPid(0), before);
  EXPECT_EQ(instance.notes->dispatcherStarts, 1);
  EXPECT_TRUE(answers(2, link::ReloadEnd::Refused));
}

TEST_F(MasterReload, ChangesNothingWhenItCannotBePrepared) {
  hook(0, std::nullopt);
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  ASSERT_TRUE(waitUntil([&] { return instance.isReady(0) && instance.dispatcherPid() != 0; }));
  instance.signal(SIGHUP);
  ASSERT_TRUE(isAsked({Read, Checked, Prepared}));
  instance.signal(SIGHUP);
  ASSERT_TRUE(isAsked({Read, Checked, Prepared, Read, Checked, Prepared}));
  EXPECT_EQ(instance.notes->dispatcherStarts, 1);
  EXPECT_TRUE(answers(2, link::ReloadEnd::Refused));
}

TEST_F(MasterReload, RefusesAFileThatCannotBeRead) {
  hook(0, optionsFor(1));
  instance.reload.read = [this] { return instance.notes->note(Read), false; };
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  (void)instance.dispatcherPid();
  instance.signal(SIGHUP);
  EXPECT_TRUE(answers(1, link::ReloadEnd::Refused));
}

TEST_F(MasterReload, CommitsWhileNoDispatcherRunsAndStartsMoreWorkers) {
  hook(0, optionsFor(3));
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  const int before = instance.dispatcherPid();
  instance.signal(SIGHUP);
  ASSERT_TRUE(isAsked({Read, Checked, Prepared, Committed}));
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
  EXPECT_FALSE(isAlive(before)) << "the old dispatcher was reaped before the next one started";
  ASSERT_TRUE(waitUntil([&] { return instance.board->snapshot(systemClock()).workers.size() == 3; }));
  EXPECT_TRUE(waitUntil([&] { return instance.workerPidNow(2) != 0; }));
  EXPECT_TRUE(answers(1, link::ReloadEnd::Applied));
  EXPECT_EQ(instance.link->page().dispatcherDeaths, 0u) << "a requested exit does not count as a death";
}

TEST_F(MasterReload, KillsADispatcherThatDoesNotHandOver) {
  hook(0, optionsFor(1));
  instance.keepLog();
  instance.start(toyWorker);
  const int before = instance.dispatcherPid();
  instance.signal(SIGHUP);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
  EXPECT_FALSE(isAlive(before));
  EXPECT_TRUE(instance.logs("The dispatcher (pid " + std::to_string(before) + ") does not hand over"));
}

TEST_F(MasterReload, LogsHowADispatcherDiedThatShouldHaveHandedOver) {
  hook(0, optionsFor(1));
  instance.keepLog();
  instance.start(toyWorker);
  const int before = instance.dispatcherPid();
  instance.signal(SIGHUP);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().handOver == 1; }));
  ::kill(before, SIGSEGV);
  EXPECT_TRUE(instance.logs("The dispatcher (pid " + std::to_string(before) + ") was killed by signal 11"));
}

TEST_F(MasterReload, ASecondRequestIsServedAfterTheFirst) {
  hook(0, optionsFor(2));
  instance.start(toyWorker, &ToyInstance::beatUntilHandOver);
  (void)instance.dispatcherPid();
  instance.signal(SIGHUP);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->pidCount >= 1; }));
  instance.signal(SIGHUP);
  EXPECT_TRUE(isAsked({Read, Checked, Prepared, Committed, Read, Checked, Prepared, Committed}));
  EXPECT_TRUE(answers(2, link::ReloadEnd::Applied));
}

TEST_F(MasterReload, IsRefusedOnceLeptirStops) {
  hook(0, optionsFor(2));
  instance.start(toyWorker);
  instance.assign(0, "wait");
  ASSERT_TRUE(instance.reaches(0, 0, link::CellState::Executing));
  instance.signal(SIGTERM);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == link::ShutdownStage::Drain; }));
  const int before = instance.notes->number;
  instance.signal(SIGHUP);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number > before; })) << "logs are reopened even so";
  instance.notes->number = 100;
  EXPECT_TRUE(answers(1, link::ReloadEnd::Refused));
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
  EXPECT_TRUE(asked().empty());
}

}  // namespace
}  // namespace leptir::master
