// For tests: a real worker process; the test takes the parts of the dispatcher and the master.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>

#include "task/envelope.h"
#include "task/outcome_codec.h"
#include "tests/support/function_task.h"
#include "tests/support/wait_until.h"
#include "worker/worker.h"

namespace leptir {

// The number of children of a process, zombies included.
inline int childCountOf(int pid) {
  std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  int count = 0;
  for (int child = 0; children >> child;) ++count;
  return count;
}

inline void closeEverything() {
  for (int descriptor = 3; descriptor < 1024; ++descriptor) ::close(descriptor);
}

class DrivenWorker : public ::testing::Test {
 protected:
  // `number`: the slot of the worker, 0 or kReportSlot.
  explicit DrivenWorker(int number = 0) : slotNumber(number) {
    link->page().brokers[0].epoch = 1;
    add("noop", [](TaskContext&) {});
    add("say", [](TaskContext& task) {
      task.addResponseLine(std::to_string(task.attempt()) + " " + std::to_string(task.fence()) + " " + task.id());
    });
    add("throw", [](TaskContext&) { throw std::runtime_error("on purpose"); });
    add("large", [](TaskContext& task) { task.addResponseLine(std::string(link::kCellBodyBytes + 1, 'L')); });
    add("wait", [](TaskContext& task) {
      pollfd stop{task.stopToken().descriptor(), POLLIN, 0};
      while (!task.stopToken().stopRequested()) ::poll(&stop, 1, 1000);
    });
    add("progress", [](TaskContext& task) { task.progress(0.5, "half way"); });
    add("close", [](TaskContext&) { closeEverything(); });
    add("fill", [](TaskContext&) {
      while (::dup(2) >= 0) continue;
    });
    add("twice", [](TaskContext&) { ::fork(); });
    add("pause", [](TaskContext&) { ::usleep(1000); });
  }

  ~DrivenWorker() override {
    if (pid > 0) ::kill(pid, SIGKILL), ::waitpid(pid, nullptr, 0);
  }

  void add(const std::string& name, std::function<void(TaskContext&)> deed) {
    addFunctionTask(program, name, std::move(deed));
  }

  void start() {
    const int parent = ::getpid();
    pid = ::fork();
    if (pid == 0) {
      ::_exit(worker::runWorker({.slot = slotNumber,
                                 .masterPid = parent,
                                 .reopenLogs = [&] { slot.writeProgress(1, "reopened"); },
                                 .rules = &rules},
                                *link, program, logger, *clock));
    }
  }
  int exitStatus() {
    int status = 0;
    EXPECT_TRUE(waitUntil([&] { return ::waitpid(pid, &status, WNOHANG) == pid; })) << "the worker does not end";
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    pid = 0;
    return WEXITSTATUS(status);
  }

  std::size_t assign(const std::string& name, std::size_t cell, const Counters& counters = {}) {
    BrokerTask task;
    task.id = "id-" + name;
    task.name = name;
    return assignBytes(task::encodeEnvelope(task), cell, counters);
  }
  std::size_t assignBytes(const std::string& envelope, std::size_t cell, const Counters& counters = {}) {
    link::Assignment assignment;
    assignment.sequence = ++sequence;
    assignment.epoch = 1;
    assignment.lease = {1000 + sequence, "handle"};
    assignment.counters = counters;
    assignment.envelope = envelope;
    EXPECT_TRUE(slot.assignments().write(cell, assignment));
    EXPECT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).to(link::CellState::Assigned)));
    if (slot.workerSleeps() != 0) link->workerBell(slotNumber).ring();
    return cell;
  }
  bool reaches(std::size_t cell, link::CellState state) {
    return waitUntil([&] { return slot.word(cell).state == state; });
  }
  // For a failed wait: whether the worker still runs, and what it does.
  std::string describeWorker() {
    siginfo_t end{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG | WNOWAIT) == 0 && end.si_pid == pid)
      return "the worker has ended, code " + std::to_string(end.si_code) + ", status " + std::to_string(end.si_status);
    std::ifstream wchan("/proc/" + std::to_string(pid) + "/wchan");
    std::string waitsIn;
    wchan >> waitsIn;
    return "the worker lives, sleeps=" + std::to_string(slot.workerSleeps()) + ", waits in " + waitsIn;
  }
  Outcome outcome(std::size_t cell) {
    EXPECT_TRUE(reaches(cell, link::CellState::Done)) << "cell " << cell << ": " << describeWorker();
    return task::decodeOutcome(slot.outcomes().read(cell).value()).value();
  }
  void settle(std::size_t cell) { EXPECT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).freed())); }
  bool sleeps() {
    return waitUntil([&] { return slot.workerSleeps() != 0; });
  }
  void stop(link::ShutdownStage stopping) {
    link->page().stopping = stopping;
    link->workerBell(slotNumber).ring();
  }

  static std::unique_ptr<link::Link> linkWith(int slot) {
    auto link = link::Link::create(2).value();
    if (slot == link::kReportSlot && !link->addReportSlot()) throw std::runtime_error("cannot add the report slot");
    return link;
  }

  const int slotNumber;
  std::unique_ptr<link::Link> link = linkWith(slotNumber);
  link::Slot& slot = link->slot(slotNumber);
  Logger logger;  // of the worker; silent, unless a test opens one
  Program program;
  TaskRulesByName rules;
  std::uint64_t sequence = 0;
  pid_t pid = 0;
  const Clock* clock = &systemClock();  // the clock that the worker uses
};

}  // namespace leptir
