// For tests: a real master with real child processes, where the test itself plays the dispatcher: it assigns cells and
// looks at what becomes of them, while the dispatcher process only beats, and says that it is finished once a stop has
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

// What processes of a test tell each other, beside the link.
struct Notes {
  std::atomic<int> dispatcherPid{0};
  std::atomic<int> dispatcherStarts{0};
  std::atomic<int> dispatchersAtOnce{0};
  std::atomic<bool> freezeBeat{false};
  std::atomic<int> number{0};                 // the test's own
  std::array<std::atomic<int>, 1024> pids{};  // of processes that should be gone later
  std::atomic<int> pidCount{0};

  void note(int pid) { pids[static_cast<std::size_t>(pidCount++)] = pid; }
};

// Whether its number is taken, if only by a zombie.
inline bool isAlive(int pid) {
  return pid > 0 && ::kill(pid, 0) == 0;
}

// Whether it can still do something.
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

  explicit ToyInstance(MasterOptions masterOptions) : options(std::move(masterOptions)) {
    link = Link::create(options.workers).value();
    board = StatusBoard::inMemory(options.workers, systemClock());
    notes = new (::mmap(nullptr, sizeof(Notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Notes;
    link->page().brokers[0].epoch = 1;
    next_.resize(static_cast<std::size_t>(options.workers), 0);
  }

  ~ToyInstance() {
    if (masterPid > 0) killMaster();
    ::munmap(notes, sizeof(Notes));
  }

  // Forks the master; its end is its exit status.
  void start(WorkerMain worker, DispatcherMain dispatcher = &ToyInstance::beatUntilSettled) {
    masterPid = ::fork();
    if (masterPid != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves nothing behind
    masterPid = ::getpid();
    const auto log =
        logFile_.empty() ? Logger() : Logger::open({{.type = LogSinkConfig::Type::File, .path = logFile_}}).value();
    ChildMains mains{[&] { return dispatcher(*this); }, [&](int slot) { return worker(*this, slot); }};
    if (inMaster) inMaster();
    Master master(options, *link, *board, log, systemClock(), mains, [this] { ++notes->number; }, reload);
    ::_exit(static_cast<int>(master.run()));
  }

  // Has the master log into a file, which a test reads by `logged`. Call it before `start`.
  void keepLog() { logFile_ = folder_ / "master.log"; }
  std::string logged() const { return readWholeFile(logFile_); }
  bool logs(const std::string& text) const {
    return waitUntil([&] { return logged().find(text) != std::string::npos; });
  }

  // Assigns to the next cell of the ring; answers which.
  std::size_t assign(int slot, const std::string& envelope, Duration limit = {}, std::uint32_t broker = 0) {
    auto& next = next_[static_cast<std::size_t>(slot)];
    const auto cell = next % kCells;
    Assignment assignment;
    assignment.sequence = ++next;
    assignment.broker = broker;
    assignment.epoch = 1;
    assignment.lease = {next, "handle"};
    assignment.timeLimit = limit;
    assignment.assigned = systemClock().bootTime();
    assignment.envelope = envelope;
    auto& ring = link->slot(slot);
    EXPECT_TRUE(waitUntil([&] { return ring.word(cell).state == CellState::Free; })) << "the ring is full";
    EXPECT_TRUE(ring.writeAssignment(cell, assignment));
    EXPECT_TRUE(ring.change(cell, ring.word(cell), ring.word(cell).to(CellState::Assigned)));
    if (ring.workerSleeps() != 0) link->workerBell(slot).ring();
    return cell;
  }

  // The last assignment was taken back: the next one goes to its cell.
  void unassign(int slot) { --next_[static_cast<std::size_t>(slot)]; }

  CellState state(int slot, std::size_t cell) const { return link->slot(slot).word(cell).state; }
  bool reaches(int slot, std::size_t cell, CellState wanted) const {
    return waitUntil([&] { return state(slot, cell) == wanted; });
  }
  std::string outcome(int slot, std::size_t cell) const {
    EXPECT_TRUE(reaches(slot, cell, CellState::Done));
    const auto read = link->slot(slot).readOutcome(cell);
    return read ? std::string(*read) : "corrupt";
  }
  Verdict verdict(int slot, std::size_t cell) const {
    EXPECT_TRUE(reaches(slot, cell, CellState::Died));
    return link->slot(slot).readVerdict(cell);
  }
  void settle(int slot, std::size_t cell) const {
    const auto word = link->slot(slot).word(cell);
    EXPECT_TRUE(link->slot(slot).change(cell, word, word.freed()));
  }

  int workerPidNow(int slot) const { return board->look(systemClock()).workers[static_cast<std::size_t>(slot)].pid; }
  // Never 0, which would mean everyone to `kill`.
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
  MasterEnd end() {
    int status = -1;
    const bool ended = waitUntil([&] { return ::waitpid(masterPid, &status, WNOHANG) == masterPid; });
    EXPECT_TRUE(ended) << "the master does not end";
    EXPECT_TRUE(!ended || WIFEXITED(status)) << "the master was killed by signal " << WTERMSIG(status);
    if (ended) masterPid = 0;
    return ended ? static_cast<MasterEnd>(WEXITSTATUS(status)) : MasterEnd::Failed;
  }

  bool areAllNotedGone() const {
    return waitUntil([&] {
      for (int i = 0; i < notes->pidCount; ++i) {
        if (isAlive(notes->pids[static_cast<std::size_t>(i)])) return false;
      }
      return true;
    });
  }

  // The usual dispatcher of a test.
  static int beatUntilSettled(ToyInstance& instance) {
    auto& page = instance.link->page();
    instance.notes->dispatcherPid = ::getpid();
    ++instance.notes->dispatcherStarts;
    for (;;) {
      if (!instance.notes->freezeBeat) page.dispatcherBeat = systemClock().bootTime().time_since_epoch().count();
      if (page.stopping != Stopping::No && instance.settleAll()) {
        page.dispatcherSays = DispatcherSays::Finished;
        return 0;
      }
      instance.link->dispatcherBell().waitFor(std::chrono::milliseconds(5));
    }
  }

  // Takes back what never began and frees what ended; answers whether nothing is left.
  bool settleAll() {
    bool empty = true;
    for (int i = 0; i < link->workers(); ++i) {
      auto& slot = link->slot(i);
      for (std::size_t cell = 0; cell < kCells; ++cell) {
        const auto word = slot.word(cell);
        if (word.state == CellState::Free) continue;
        const bool running = word.state == CellState::Executing || word.state == CellState::Stopping;
        if (running || !slot.change(cell, word, word.freed())) empty = false;
      }
    }
    return empty;
  }

  MasterOptions options;
  ReloadHooks reload{};
  std::function<void()> inMaster{};  // before it starts
  std::unique_ptr<Link> link;
  std::unique_ptr<StatusBoard> board;
  Notes* notes;
  int masterPid = 0;

 private:
  const TempDir folder_;
  std::string logFile_{};  // empty: the master logs nothing
  std::vector<std::size_t> next_;
};

}  // namespace leptir
