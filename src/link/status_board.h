// What `status` shows of a running instance: memory that the master and the dispatcher write. A small file beside the
// pid file says where it is, so what happens to that file harms no process. A reader may see a line half written for an
// instant, so each line carries a version.
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
#include "link/board_file.h"

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
  // For the process that will be the master: its life keeps the file locked. Errors: see BoardFile::create.
  static Result<std::unique_ptr<StatusBoard>> create(const std::filesystem::path& file, const std::string& session,
                                                     int workers, const Clock& clock);
  // A board in memory only, for tests.
  static std::unique_ptr<StatusBoard> inMemory(int workers, const Clock& clock);
  // Reads a board. NotFound: no file. Corrupt: it is no board of this version. Unavailable: it may not be read, or its
  // instance is gone. Invalid: a symbolic link, or a user owns it who is neither root nor ours; root reads each.
  static Result<BoardInstance> read(const std::filesystem::path& file, const Clock& clock);
  // Reads what the board of this user says of the instance that left it behind, without its workers. Lost: it lives.
  // NotFound, Corrupt: as `read`. Unavailable: cannot be told. Invalid: another user's, or a link.
  static Result<DeadBoard> takeOver(const std::filesystem::path& file);
  // The master that lives and holds this board, also where no pid file says so. None: there is none in our sight.
  // Unavailable: cannot be told.
  static Result<std::optional<int>> masterOf(const std::filesystem::path& file);
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

  // Master, about every second: makes the file anew when it was removed or changed. True: it was. Lost: another
  // instance that lives has its file there. Unavailable: whether one has cannot be told, or there is no room.
  Result<bool> restoreFile();

  // In a child, first thing.
  void closeInChild();

  // Removes the file: at a clean end.
  void remove();

 private:
  struct Head;
  struct Page;
  StatusBoard(Page* page, UniqueFd memory) : page_(page), memory_(std::move(memory)) {}
  static Result<void> readHead(const UniqueFd& descriptor, const std::filesystem::path& file, Head& head);
  std::string head() const;
  void writeHead();
  Page* page_;
  UniqueFd memory_;
  std::optional<BoardFile> file_;  // the master's
};

}  // namespace leptir
