// What `status` shows of a running instance: a small mapped file beside the pid file. Written by the master and the
// dispatcher, read by anyone who may read the file; a reader may see a line half written for an instant, so each line
// carries a version.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

// How far the instance is.
enum class InstanceState : std::uint32_t {
  Starting,  // it was never ready yet
  Running,   // every broker has a session, and a worker waits for tasks or runs one
  Waiting,   // it was ready, and is not now
  Stopping,
};

// What one worker does, as it is read.
struct BoardWorker {
  int slot = 0;
  int pid = 0;  // 0: being started
  bool busy = false;
  std::string taskId;
  std::string taskName;
  double seconds = 0;  // since the task began
  double progress = 0;
  std::string progressText;
};

// What the board says of the instance.
struct BoardInstance {
  int pid = 0;          // of the master
  std::string session;  // the instance's name
  Time since{};
  std::string configuration;  // the file as it was given, absolute; empty: none
  InstanceState state = InstanceState::Starting;
  std::string waitsFor;  // "broker main"; empty while it runs
  bool isReady() const { return state == InstanceState::Running; }
  std::uint64_t done = 0;    // settled since the start
  std::uint64_t failed = 0;  // of these, the ones that did not succeed
  std::vector<BoardWorker> workers;
};

// A board whose instance is dead, and what keeps any other process from saying so at the same time.
struct DeadBoard {
  BoardInstance instance;
  UniqueFd lock;
};

// The mapping. Writers call only the functions of their role.
class StatusBoard {
 public:
  // Makes the file anew (and replaces one that is left over), with all its blocks: a disk that is full is found here,
  // not later by a SIGBUS. Unavailable, Invalid: see errno_code.h; NotFound: no such folder. The message names the
  // path.
  static Result<std::unique_ptr<StatusBoard>> create(const std::filesystem::path& file, const std::string& session,
                                                     int workers, const Clock& clock);
  // A board in memory only, for tests.
  static std::unique_ptr<StatusBoard> inMemory(int workers, const Clock& clock);
  // Reads a board. NotFound: no file. Corrupt: it is no board of this version.
  static Result<BoardInstance> read(const std::filesystem::path& file, const Clock& clock);
  // Reads the board of this user that an instance left behind: its master holds a lock on the file while it lives.
  // Lost: it lives. NotFound, Corrupt: as `read`. Unavailable: cannot be told. Invalid: another user's, or a link.
  static Result<DeadBoard> takeOver(const std::filesystem::path& file, const Clock& clock);
  ~StatusBoard();

  BoardInstance look(const Clock& clock) const;

  // Master: once, after it became a daemon; and for each worker that it starts or reaps (pid 0).
  void setMaster(int pid);
  void setConfiguration(const std::string& file);
  void setWorker(int slot, int pid);
  void setState(InstanceState state, std::string_view waitsFor);
  // Master, after a reload: how many are shown, at most kMaxWorkers.
  void setWorkers(int workers);
  // Dispatcher.
  void setTask(int slot, std::string_view id, std::string_view name, BootTime started);
  void setProgress(int slot, double fraction, std::string_view text);
  void clearTask(int slot);
  void addSettled(std::uint64_t done, std::uint64_t failed);

  // Worker, right after its fork: what user code does cannot reach the board.
  void makeReadOnly();

  // In a child, first thing: only the master's life holds the lock.
  void closeInChild() { lock_ = UniqueFd(); }

  // Removes the file: at a clean end.
  void remove();

 private:
  struct Page;
  StatusBoard(Page* page, std::size_t bytes, std::filesystem::path file, UniqueFd lock)
      : page_(page), bytes_(bytes), file_(std::move(file)), lock_(std::move(lock)) {}
  static Result<BoardInstance> readFrom(const UniqueFd& descriptor, const std::filesystem::path& file,
                                        const Clock& clock);
  Page* page_;
  std::size_t bytes_;
  std::filesystem::path file_;
  UniqueFd lock_;  // of the file; the master's
};

}  // namespace leptir
