// Changes that a task makes to its process are not found by the next task.
#include "worker/process_traits.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "base/unique_fd.h"
#include "tests/support/child.h"
#include "tests/support/driven_worker.h"
#include "worker/kernel_priorities.h"

namespace leptir::worker {
namespace {

std::string limitOf(__rlimit_resource resource) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  return std::to_string(limit.rlim_cur) + "/" + std::to_string(limit.rlim_max);
}

// Makes a task fail that could not do what it was meant to do.
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
  // Compares what a task finds after `deed` with what a task found before it; one worker runs them all.
  void expectNoTrace(std::function<void(TaskContext&)> deed) {
    add("deed", std::move(deed));
    start();
    const auto before = outcome(assign("look", 0)).response;
    EXPECT_EQ(outcome(assign("deed", 1)).status, ExitStatus::Success);
    EXPECT_EQ(outcome(assign("look", 2)).response, before);
    EXPECT_EQ(outcome(assign("look", 3)).response, before);
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  // The outcome of `deed` stands, and its worker exits with status 0, so that the master starts the next one at once.
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

// The name "deed" has left no change for so many runs that only few of its runs are still inspected.
class TrustedDeedTest : public ProcessTraitsTest {
 protected:
  Outcome afterTrustedDeed(const std::function<void()>& deed, const std::string& next) {
    constexpr std::size_t kTrusted = 20;
    add("deed", [deed, runs = std::make_shared<std::size_t>()](TaskContext&) {
      if (++*runs == kTrusted) deed();
    });
    for (std::size_t cell = 0; cell < kTrusted; ++cell) assign("deed", cell);
    assign(next, kTrusted);
    clock = &standing;  // so that no inspection comes because time has passed
    start();
    return outcome(kTrusted);
  }
  const ManualClock standing;
};

TEST_F(TrustedDeedTest, AnAlarmDoesNotEndATaskOfAnotherName) {
  const auto found = afterTrustedDeed([] { ::alarm(100); }, "look");
  EXPECT_EQ(found.response.front(), '0') << found.response;
}

TEST_F(TrustedDeedTest, ATaskOfAnotherNameIsGivenBackByAWorkerThatIsChangedForGood) {
  const auto found = afterTrustedDeed([] { ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }, "look");
  EXPECT_EQ(found.cause, Cause::GaveBack);
  EXPECT_EQ(exitStatus(), 0);
}

TEST_F(ProcessTraitsTest, CpuAffinityIsPutBack) {
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

TEST_F(ProcessTraitsTest, OomScoreAndIoPriorityArePutBack) {
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

TEST_F(ProcessTraitsTest, ASoftLimitIsPutBack) {
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

class ChangedEnvironment : public ProcessTraitsTest {
 protected:
  ChangedEnvironment() {
    ::setenv("LEPTIR_TEST_VARIABLE", "as it was", 1);
    add("environment", [](TaskContext& task) {
      for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) task.addResponseLine(*entry);
    });
  }
  ~ChangedEnvironment() override { ::unsetenv("LEPTIR_TEST_VARIABLE"); }

  // Several times, since from the second time on `deed` changes variables that were put back.
  void expectPutBackAfter(std::function<void()> deed) {
    add("deed", [deed](TaskContext&) { deed(); });
    start();
    const auto before = outcome(assign("environment", 0)).response;
    EXPECT_NE(before.find("LEPTIR_TEST_VARIABLE=as it was"), std::string::npos);
    for (std::size_t cell = 1; cell < 7; cell += 2) {
      EXPECT_EQ(outcome(assign("deed", cell)).status, ExitStatus::Success);
      EXPECT_EQ(outcome(assign("environment", cell + 1)).response, before);
    }
    EXPECT_EQ(::kill(pid, 0), 0);
  }
};

TEST_F(ChangedEnvironment, IsPutBackAfterSetenv) {
  expectPutBackAfter([] {
    ::setenv("LEPTIR_TEST_VARIABLE", "of a task", 1);
    ::setenv("LEPTIR_TEST_NEW", "of a task", 1);
  });
}

TEST_F(ChangedEnvironment, IsPutBackAfterUnsetenv) {
  expectPutBackAfter([] { ::unsetenv("LEPTIR_TEST_VARIABLE"); });
}

TEST_F(ChangedEnvironment, IsPutBackAfterClearenv) {
  expectPutBackAfter([] { ::clearenv(); });
}

TEST_F(ChangedEnvironment, IsPutBackAfterPutenvOfAFreedString) {
  expectPutBackAfter([] {
    std::string text = "LEPTIR_TEST_VARIABLE=" + std::string(1'000'000, 'x');  // so large that freeing unmaps it
    mustSucceed(::putenv(text.data()));
  });
}

TEST_F(ChangedEnvironment, IsPutBackAfterATaskWroteIntoAVariable) {
  expectPutBackAfter([] { *::getenv("LEPTIR_TEST_VARIABLE") = 'X'; });
}

TEST_F(ProcessTraitsTest, AWorkerEndsAfterATaskLeftAPosixTimer) {
  if (::access("/proc/self/timers", R_OK) != 0) GTEST_SKIP() << "this kernel does not tell of timers";
  expectAnotherWorkerAfter([](TaskContext&) {
    sigevent quiet{};
    quiet.sigev_notify = SIGEV_SIGNAL;
    quiet.sigev_signo = SIGUSR2;
    timer_t timer{};
    mustSucceed(::timer_create(CLOCK_MONOTONIC, &quiet, &timer));
  });
}

TEST_F(ProcessTraitsTest, APosixTimerThatItsTaskDeletedDoesNotEndTheWorker) {
  expectNoTrace([](TaskContext&) {
    timer_t timer{};
    mustSucceed(::timer_create(CLOCK_MONOTONIC, nullptr, &timer));
    mustSucceed(::timer_delete(timer));
  });
}

TEST_F(ProcessTraitsTest, AWorkerEndsAfterATaskChangedItsCapabilities) {
  if (::getuid() != 0) GTEST_SKIP() << "only root has any to give up";
  expectAnotherWorkerAfter([](TaskContext&) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
    mustSucceed(static_cast<int>(::syscall(SYS_capget, &header, sets)));
    sets[0].effective &= ~(1U << CAP_CHOWN);
    mustSucceed(static_cast<int>(::syscall(SYS_capset, &header, sets)));
  });
}

class OtherNamespace : public ProcessTraitsTest, public testing::WithParamInterface<std::pair<const char*, int>> {};

void writeInto(const char* file, std::string_view text) {
  const base::UniqueFd opened(::open(file, O_WRONLY | O_CLOEXEC));
  mustSucceed(::write(opened.get(), text.data(), text.size()) < 0 ? -1 : 0);
}

TEST_P(OtherNamespace, EndsTheWorkerAfterTheTaskThatEnteredIt) {
  const int kind = GetParam().second;
  if (!inChild([kind] { return ::unshare(kind) == 0; })) GTEST_SKIP() << "not allowed here";
  expectAnotherWorkerAfter([kind](TaskContext&) {
    const auto user = std::to_string(::getuid()), group = std::to_string(::getgid());
    mustSucceed(::unshare(kind));
    if (kind != CLONE_NEWUSER) return;
    // Maps the ids to themselves, so that only the namespace differs.
    writeInto("/proc/self/setgroups", "deny");
    writeInto("/proc/self/uid_map", user + " " + user + " 1");
    writeInto("/proc/self/gid_map", group + " " + group + " 1");
  });
}

INSTANTIATE_TEST_SUITE_P(, OtherNamespace,
                         testing::Values(std::pair("Mounts", CLONE_NEWNS), std::pair("Network", CLONE_NEWNET),
                                         std::pair("Names", CLONE_NEWUTS), std::pair("Ipc", CLONE_NEWIPC),
                                         std::pair("Processes", CLONE_NEWPID), std::pair("Users", CLONE_NEWUSER)),
                         [](const auto& kind) { return std::string(kind.param.first); });

// An inspection costs more than a task that does nothing (inspection_schedule.h). The limit is far above what is
// measured on an idle machine (docs/adr/a-task-leaves-no-trace.md), since tests run on busy ones, too.
TEST(ProcessTraits, AnInspectionTakesMicroseconds) {
  EXPECT_TRUE(inChild([] {
    const ProcessTraits traits;
    auto best = Duration::max();
    for (int round = 0; round < 200; ++round) {
      const auto before = systemClock().bootTime();
      for (int i = 0; i < 10; ++i) {
        if (traits.restore()) return false;
      }
      best = std::min<Duration>(best, (systemClock().bootTime() - before) / 10);
    }
    std::printf("one inspection: %d us\n", static_cast<int>(best.count()));
    std::fflush(stdout);
    return best < std::chrono::microseconds(300);
  }));
}

TEST_F(ProcessTraitsTest, ASignalHandlerSetByAShortTaskIsPutBack) {
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

TEST_F(ProcessTraitsTest, AWorkerEndsAfterATaskLeftAThreadRunning) {
  expectAnotherWorkerAfter([](TaskContext&) {
    std::thread([] {
      for (;;) ::pause();
    }).detach();
  });
}

#ifndef __SANITIZE_THREAD__  // ThreadSanitizer starts a thread of its own with the first one
TEST_F(ProcessTraitsTest, AJoinedThreadDoesNotEndTheWorker) {
  expectNoTrace([](TaskContext&) {
    for (int i = 0; i < 20; ++i) std::thread([] {}).join();
  });
}
#endif

TEST_F(ProcessTraitsTest, ThreadsOfStartHooksAreKept) {
  program.onWorkerStart([] {
    std::thread([] {
      for (;;) ::pause();
    }).detach();
  });
  expectNoTrace([](TaskContext&) {});
}

TEST_F(ProcessTraitsTest, AWorkerEndsAfterAChangeThatCannotBeUndone) {
  expectAnotherWorkerAfter([](TaskContext&) { ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); });
}

TEST_F(ProcessTraitsTest, AWorkerEndsAfterATaskChangedItsUserOrRootFolder) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can change them";
  expectAnotherWorkerAfter([](TaskContext&) { mustSucceed(::seteuid(65534)); });
  program = {};
  slot.change(0, slot.word(0), slot.word(0).freed());
  expectAnotherWorkerAfter([](TaskContext&) { mustSucceed(::chroot("/tmp")); });
}

TEST_F(ProcessTraitsTest, AWorkerEndsAfterAnOrdinaryUserLoweredAHardLimit) {
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
}  // namespace leptir::worker
