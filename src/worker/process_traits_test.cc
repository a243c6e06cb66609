// What a task did to its process is not found by the next one.
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/support/driven_worker.h"
#include "worker/kernel_priorities.h"

namespace leptir {
namespace {

std::string limitOf(__rlimit_resource resource) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  return std::to_string(limit.rlim_cur) + "/" + std::to_string(limit.rlim_max);
}

// A task that cannot do what it wants to fails.
void mustSucceed(int answer) {
  if (answer != 0) throw std::runtime_error(std::strerror(errno));
}

int armedTimers() {
  int armed = 0;
  for (const auto timer : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    itimerval value{};
    ::getitimer(timer, &value);
    armed += value.it_value.tv_sec != 0 || value.it_value.tv_usec != 0;
  }
  return armed;
}

class ProcessTraitsTest : public DrivenWorker {
 protected:
  ProcessTraitsTest() {
    add("look", [](TaskContext& task) {
      task.addResponseLine(std::to_string(armedTimers()) + " " + limitOf(RLIMIT_NOFILE) + " " + limitOf(RLIMIT_FSIZE) +
                           " " + std::to_string(::getuid()));
    });
  }
  // What the task finds that runs after `deed`, compared with what one before it found; the same worker runs all.
  void expectNoTrace(std::function<void(TaskContext&)> deed) {
    add("deed", std::move(deed));
    start();
    const auto before = outcome(assign("look", 0)).response;
    EXPECT_EQ(outcome(assign("deed", 1)).status, ExitStatus::Success);
    EXPECT_EQ(outcome(assign("look", 2)).response, before);
    EXPECT_EQ(outcome(assign("look", 3)).response, before);
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  // The outcome of `deed` stands, and its worker ends as after good work, so that the master starts the next at once.
  void expectAnotherWorkerAfter(std::function<void(TaskContext&)> deed) {
    add("deed", std::move(deed));
    start();
    EXPECT_EQ(outcome(assign("deed", 0)).status, ExitStatus::Success);
    EXPECT_EQ(exitStatus(), 0);
  }
};

TEST_F(ProcessTraitsTest, AnAlarmDoesNotEndTheNextTask) {
  expectNoTrace([](TaskContext&) {
    ::alarm(1);
    const itimerval soon{{0, 0}, {1, 0}};
    ::setitimer(ITIMER_PROF, &soon, nullptr);
    ::setitimer(ITIMER_VIRTUAL, &soon, nullptr);
  });
}

// The deed is that of a name whose runs have been clean for so long that few of them are looked at.
class TrustedDeedTest : public ProcessTraitsTest {
 protected:
  Outcome afterTrustedDeed(const std::function<void()>& deed, const std::string& next) {
    constexpr std::size_t kTrusted = 20;
    add("deed", [deed, runs = std::make_shared<std::size_t>()](TaskContext&) {
      if (++*runs == kTrusted) deed();
    });
    for (std::size_t cell = 0; cell < kTrusted; ++cell) assign("deed", cell);
    assign(next, kTrusted);
    clock = &standing;  // so no look comes because time has passed
    start();
    return outcome(kTrusted);
  }
  const ManualClock standing;
};

TEST_F(TrustedDeedTest, AnAlarmDoesNotEndATaskOfAnotherName) {
  const auto found = afterTrustedDeed([] { ::alarm(100); }, "look");
  EXPECT_EQ(found.response.front(), '0') << found.response;
}

TEST_F(TrustedDeedTest, ATaskOfAnotherNameIsGivenBackByAWorkerThatCannotRunIt) {
  const auto found = afterTrustedDeed([] { ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }, "look");
  EXPECT_EQ(found.cause, Cause::GaveBack);
  EXPECT_EQ(exitStatus(), 0);
}

TEST_F(ProcessTraitsTest, TheProcessorsThatItMayUseArePutBack) {
  add("processors", [](TaskContext& task) {
    cpu_set_t set{};
    mustSucceed(::sched_getaffinity(0, sizeof set, &set));
    task.addResponseLine(std::to_string(CPU_COUNT(&set)));
  });
  add("pin", [](TaskContext&) {
    cpu_set_t one{};
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
    mustSucceed(::sched_setaffinity(0, sizeof one, &one));
  });
  start();
  const auto before = outcome(assign("processors", 0)).response;
  EXPECT_EQ(outcome(assign("pin", 1)).status, ExitStatus::Success);
  EXPECT_EQ(outcome(assign("processors", 2)).response, before);
}

TEST_F(ProcessTraitsTest, HowItIsChosenWhenMemoryRunsOutAndForTheDiskIsPutBack) {
  add("priorities", [](TaskContext& task) {
    task.addResponseLine(std::to_string(oomAdjustment().value_or(-1)) + " " +
                         std::to_string(ioPriority().value_or(-1)));
  });
  add("step back", [](TaskContext&) {
    constexpr int kIdle = 3 << 13;  // IOPRIO_CLASS_IDLE
    if (!setIoPriority(kIdle) || !setOomAdjustment(1000)) throw std::runtime_error("not allowed");
  });
  start();
  const auto before = outcome(assign("priorities", 0)).response;
  EXPECT_EQ(outcome(assign("step back", 1)).status, ExitStatus::Success);
  EXPECT_EQ(outcome(assign("priorities", 2)).response, before);
}

TEST_F(ProcessTraitsTest, ALimitThatCanBePutBackIs) {
  expectNoTrace([](TaskContext&) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 20;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 1000;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  });
}

TEST_F(ProcessTraitsTest, AHandlerOfAShortTaskIsPutBack) {
  add("handler", [](TaskContext& task) {
    struct sigaction action{};
    ::sigaction(SIGUSR2, nullptr, &action);
    task.addResponseLine(action.sa_handler == SIG_IGN ? "ignored" : "default");
  });
  add("ignore", [](TaskContext&) { ::signal(SIGUSR2, SIG_IGN); });
  start();
  EXPECT_EQ(outcome(assign("ignore", 0)).status, ExitStatus::Success);
  EXPECT_EQ(outcome(assign("handler", 1)).response, "default");
}

TEST_F(ProcessTraitsTest, AThreadThatIsLeftBehindGoesWithItsWorker) {
  expectAnotherWorkerAfter([](TaskContext&) {
    std::thread([] {
      for (;;) ::pause();
    }).detach();
  });
}

#ifndef __SANITIZE_THREAD__  // which starts a thread of its own with the first one
TEST_F(ProcessTraitsTest, AThreadThatWasJoinedDoesNot) {
  expectNoTrace([](TaskContext&) {
    for (int i = 0; i < 20; ++i) std::thread([] {}).join();
  });
}
#endif

TEST_F(ProcessTraitsTest, ThreadsOfTheStartHooksStay) {
  program.onWorkerStart([] {
    std::thread([] {
      for (;;) ::pause();
    }).detach();
  });
  expectNoTrace([](TaskContext&) {});
}

TEST_F(ProcessTraitsTest, AChangeThatCannotBeUndoneIsTheLastOfItsWorker) {
  expectAnotherWorkerAfter([](TaskContext&) { ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); });
}

TEST_F(ProcessTraitsTest, AnotherUserOrRootIsTheLastOfItsWorker) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can change them";
  expectAnotherWorkerAfter([](TaskContext&) { mustSucceed(::seteuid(65534)); });
  program = {};
  slot.change(0, slot.word(0), slot.word(0).freed());
  expectAnotherWorkerAfter([](TaskContext&) { mustSucceed(::chroot("/tmp")); });
}

TEST_F(ProcessTraitsTest, ALimitThatAnOrdinaryUserLoweredForGoodIsTheLastOfItsWorker) {
  // As root the limit could be raised again.
  program.onWorkerStart([] {
    if (::getuid() == 0) mustSucceed(::setresuid(65534, 65534, 65534));
  });
  expectAnotherWorkerAfter([](TaskContext&) {
    const rlimit limit{50, 50};
    mustSucceed(::setrlimit(RLIMIT_NOFILE, &limit));
  });
}

}  // namespace
}  // namespace leptir
