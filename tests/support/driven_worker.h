// For tests: a real worker process, for which the test plays the dispatcher and the master.
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
#include "tests/support/deed.h"
#include "tests/support/wait_until.h"
#include "worker/worker.h"

namespace leptir {

// Those that nobody waited for count too.
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
  DrivenWorker() {
    link->page().brokers[0].epoch = 1;
    add("noop", [](TaskContext&) {});
    add("say", [](TaskContext& task) {
      task.addResponseLine(std::to_string(task.attempt()) + " " + std::to_string(task.fence()) + " " + task.id());
    });
    add("throw", [](TaskContext&) { throw std::runtime_error("on purpose"); });
    add("large", [](TaskContext& task) { task.addResponseLine(std::string(kCellBodyBytes + 1, 'L')); });
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

  void add(const std::string& name, std::function<void(TaskContext&)> deed) { addDeed(program, name, std::move(deed)); }

  void start() {
    const int parent = ::getpid();
    pid = ::fork();
    if (pid == 0) {
      const Logger silence;
      ::_exit(runWorker(
          {.slot = 0, .masterPid = parent, .reopenLogs = [&] { slot.writeProgress(1, "reopened"); }, .rules = &rules},
          *link, program, silence, *clock));
    }
  }
  int exitStatus() {
    int status = 0;
    EXPECT_TRUE(waitUntil([&] { return ::waitpid(pid, &status, WNOHANG) == pid; })) << "the worker stays";
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    pid = 0;
    return WEXITSTATUS(status);
  }

  std::size_t assign(const std::string& name, std::size_t cell, const Counters& counters = {}) {
    BrokerTask task;
    task.id = "id-" + name;
    task.name = name;
    return assignBytes(encodeEnvelope(task), cell, counters);
  }
  std::size_t assignBytes(const std::string& envelope, std::size_t cell, const Counters& counters = {}) {
    Assignment assignment;
    assignment.sequence = ++sequence;
    assignment.epoch = 1;
    assignment.lease = {1000 + sequence, "handle"};
    assignment.counters = counters;
    assignment.envelope = envelope;
    EXPECT_TRUE(slot.writeAssignment(cell, assignment));
    EXPECT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).to(CellState::Assigned)));
    if (slot.workerSleeps() != 0) link->workerBell(0).ring();
    return cell;
  }
  bool reaches(std::size_t cell, CellState state) {
    return waitUntil([&] { return slot.word(cell).state == state; });
  }
  Outcome outcome(std::size_t cell) {
    EXPECT_TRUE(reaches(cell, CellState::Done)) << "cell " << cell;
    return decodeOutcome(slot.readOutcome(cell).value()).value();
  }
  void settle(std::size_t cell) { EXPECT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).freed())); }
  bool sleeps() {
    return waitUntil([&] { return slot.workerSleeps() != 0; });
  }
  void stop(Stopping stopping) {
    link->page().stopping = stopping;
    link->workerBell(0).ring();
  }

  std::unique_ptr<Link> link = Link::create(2).value();
  Slot& slot = link->slot(0);
  Program program;
  TaskRuleBook rules;
  std::uint64_t sequence = 0;
  pid_t pid = 0;
  const Clock* clock = &systemClock();  // the worker's
};

}  // namespace leptir
