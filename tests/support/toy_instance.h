// For tests: a real master with real child processes. The test takes the part of the dispatcher: it assigns cells and
// checks their states. The dispatcher process only renews its beat, and reports that it has finished once a stop has
// emptied the slots.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "link/link.h"
#include "master/master.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir {

// Shared memory in which the processes of a test talk to each other, besides the link.
struct Notes {
  std::atomic<int> dispatcherPid{0};
  std::atomic<int> dispatcherStarts{0};
  std::atomic<int> dispatchersAtOnce{0};
  std::atomic<bool> freezeBeat{false};
  std::atomic<int> number{0};                 // free for use by the test
  std::array<std::atomic<int>, 1024> pids{};  // processes that must have ended at the end of the test
  std::atomic<int> pidCount{0};

  void note(int pid) { pids[static_cast<std::size_t>(pidCount++)] = pid; }
};

// Whether a process with this pid exists, even as a zombie.
inline bool isAlive(int pid) {
  return pid > 0 && ::kill(pid, 0) == 0;
}

// Whether the process exists and is no zombie.
inline bool isRunning(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  stat >> number >> name >> state;
  return !state.empty() && state != "Z" && state != "X";
}

class ToyInstance {
 public:
  using WorkerMain = std::function<int(ToyInstance&, int slot)>;
  using DispatcherMain = std::function<int(ToyInstance&)>;

  explicit ToyInstance(master::MasterOptions masterOptions) : options(std::move(masterOptions)) {
    link = link::Link::create(options.workers).value();
    board = link::StatusBoard::inMemory(options.workers, systemClock());
    notes = new (::mmap(nullptr, sizeof(Notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Notes;
    link->page().brokers[0].epoch = 1;
    next_.resize(static_cast<std::size_t>(options.workers), 0);
  }

  ~ToyInstance() {
    if (masterPid > 0) killMaster();
    ::munmap(notes, sizeof(Notes));
  }

  // Forks the master, whose exit status is its link::InstanceEnd.
  void start(WorkerMain worker, DispatcherMain dispatcher = &ToyInstance::beatUntilSettled) {
    masterPid = ::fork();
    if (masterPid != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no process is left when the test is killed
    masterPid = ::getpid();
    const auto log =
        logFile_.empty() ? Logger() : Logger::open({{.type = LogSinkConfig::Type::File, .path = logFile_}}).value();
    master::ChildMains mains{[&] { return dispatcher(*this); }, [&](int slot) { return worker(*this, slot); },
                             [this](master::Beats& beats) { return metricsServer(*this, beats); }};
    if (inMaster) inMaster();
    master::Master master(options, *link, *board, log, systemClock(), mains, [this] { ++notes->number; }, reload);
    ::_exit(static_cast<int>(master.run()));
  }

  // Makes the master log into a file, which logged() reads. Call it before start().
  void keepLog() { logFile_ = folder_ / "master.log"; }
  std::string logged() const { return readWholeFile(logFile_); }
  bool logs(const std::string& text) const {
    return waitUntil([&] { return logged().find(text) != std::string::npos; });
  }

  // Assigns a task to the next cell of the ring; returns the cell.
  std::size_t assign(int slot, const std::string& envelope, Duration limit = {}, std::uint32_t broker = 0) {
    auto& next = next_[static_cast<std::size_t>(slot)];
    const auto cell = next % link::kCells;
    link::Assignment assignment;
    assignment.sequence = ++next;
    assignment.broker = broker;
    assignment.epoch = 1;
    assignment.lease = {next, "handle"};
    assignment.timeLimit = limit;
    assignment.assigned = systemClock().bootTime();
    assignment.envelope = envelope;
    auto& ring = link->slot(slot);
    EXPECT_TRUE(waitUntil([&] { return ring.word(cell).state == link::CellState::Free; }))
        << "the next cell is not free";
    EXPECT_TRUE(ring.assignments().write(cell, assignment));
    EXPECT_TRUE(ring.change(cell, ring.word(cell), ring.word(cell).to(link::CellState::Assigned)));
    if (ring.workerSleeps() != 0) link->workerBell(slot).ring();
    return cell;
  }

  // Call it after taking back the last assignment: the next one uses the same cell.
  void unassign(int slot) { --next_[static_cast<std::size_t>(slot)]; }

  link::CellState state(int slot, std::size_t cell) const { return link->slot(slot).word(cell).state; }
  bool reaches(int slot, std::size_t cell, link::CellState wanted) const {
    return waitUntil([&] { return state(slot, cell) == wanted; });
  }
  std::string outcome(int slot, std::size_t cell) const {
    EXPECT_TRUE(reaches(slot, cell, link::CellState::Done));
    const auto read = link->slot(slot).outcomes().read(cell);
    return read ? std::string(*read) : "corrupt";
  }
  link::Verdict verdict(int slot, std::size_t cell) const {
    EXPECT_TRUE(reaches(slot, cell, link::CellState::Died));
    return link->slot(slot).verdicts().read(cell);
  }
  void settle(int slot, std::size_t cell) const {
    const auto word = link->slot(slot).word(cell);
    EXPECT_TRUE(link->slot(slot).change(cell, word, word.freed()));
  }

  int workerPidNow(int slot) const {
    return board->snapshot(systemClock()).workers[static_cast<std::size_t>(slot)].pid;
  }
  // Never 0: kill(0) would signal the whole process group.
  int workerPid(int slot) const {
    const bool started = waitUntil([&] { return workerPidNow(slot) != 0; });
    return started ? workerPidNow(slot) : throw std::runtime_error("no worker was started");
  }
  int dispatcherPid() const {
    const bool started = waitUntil([&] { return notes->dispatcherPid != 0; });
    return started ? notes->dispatcherPid.load() : throw std::runtime_error("no dispatcher was started");
  }
  bool isReady(int slot) const { return link->slot(slot).workerReady() != 0; }
  void signal(int number) const { ::kill(masterPid, number); }

  void killMaster() {
    ::kill(masterPid, SIGKILL);
    ::waitpid(masterPid, nullptr, 0);
    masterPid = 0;
  }

  // Waits for the end of the master.
  link::InstanceEnd end() {
    int status = -1;
    const bool ended = waitUntil([&] { return ::waitpid(masterPid, &status, WNOHANG) == masterPid; });
    EXPECT_TRUE(ended) << "the master does not end";
    EXPECT_TRUE(!ended || WIFEXITED(status)) << "the master was killed by signal " << WTERMSIG(status);
    if (ended) masterPid = 0;
    return ended ? static_cast<link::InstanceEnd>(WEXITSTATUS(status)) : link::InstanceEnd::Failed;
  }

  bool areAllNotedGone() const {
    return waitUntil([&] {
      for (int i = 0; i < notes->pidCount; ++i) {
        if (isAlive(notes->pids[static_cast<std::size_t>(i)])) return false;
      }
      return true;
    });
  }

  // The default dispatcher process: renews its beat, and ends when a stop has emptied the slots.
  static int beatUntilSettled(ToyInstance& instance) {
    auto& page = instance.link->page();
    instance.notes->dispatcherPid = ::getpid();
    ++instance.notes->dispatcherStarts;
    for (;;) {
      if (!instance.notes->freezeBeat) page.dispatcherBeat = systemClock().bootTime().time_since_epoch().count();
      if (page.stopping != link::ShutdownStage::No && instance.settleAll()) {
        page.instanceEnd = link::InstanceEnd::Stopped;
        return 0;
      }
      instance.link->dispatcherBell().waitFor(std::chrono::milliseconds(5));
    }
  }

  // A dispatcher process that exits when it is asked to hand over, or when a stop begins.
  static int beatUntilHandOver(ToyInstance& instance) {
    instance.notes->dispatcherPid = ::getpid();
    ++instance.notes->dispatcherStarts;
    auto& page = instance.link->page();
    while (page.handOver == 0 && page.stopping == link::ShutdownStage::No) {
      page.dispatcherBeat = systemClock().bootTime().time_since_epoch().count();
      instance.link->dispatcherBell().waitFor(std::chrono::milliseconds(5));
    }
    page.instanceEnd = page.handOver != 0 ? link::InstanceEnd::None : link::InstanceEnd::Stopped;
    return 0;
  }

  // Frees cells of tasks that have not begun or have ended; returns whether all cells are free.
  bool settleAll() {
    bool empty = true;
    for (int i = 0; i < link->workers(); ++i) {
      auto& slot = link->slot(i);
      for (std::size_t cell = 0; cell < link::kCells; ++cell) {
        const auto word = slot.word(cell);
        if (word.state == link::CellState::Free) continue;
        const bool running = word.state == link::CellState::Executing || word.state == link::CellState::Stopping;
        if (running || !slot.change(cell, word, word.freed())) empty = false;
      }
    }
    return empty;
  }

  master::MasterOptions options;
  master::ReloadHooks reload{};
  std::function<int(ToyInstance&, master::Beats&)> metricsServer{};  // runs if options.metricsListen is set
  std::function<void()> inMaster{};  // runs in the master process before the master starts
  std::unique_ptr<link::Link> link;
  std::unique_ptr<link::StatusBoard> board;
  Notes* notes;
  int masterPid = 0;

 private:
  const TempDir folder_;
  std::string logFile_{};  // empty: the master logs nothing
  std::vector<std::size_t> next_;
};

}  // namespace leptir
