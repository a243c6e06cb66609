// What `status` shows of a running instance: shared memory that the master and the dispatcher write. Readers find it by
// a small file beside the pid file; damage to that file harms no process. Each entry has a sequence lock, so that
// readers notice when they have read it half written.
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
#include "metrics/metrics_table.h"

namespace leptir::link {

// The state of an instance, as `status` shows it.
enum class InstanceState : std::uint32_t {
  Starting,  // it has not been ready yet
  Running,   // it is ready: every broker has a session, and a worker waits for tasks or runs one
  Waiting,   // it was ready, but is not now
  Stopping,
};

// starting, running, waiting, stopping
std::string_view nameOf(InstanceState state);

// What one worker does, as read from the board.
struct BoardWorker {
  int slot = 0;
  int pid = 0;  // 0: the worker is being started
  bool busy = false;
  std::string taskId;
  std::string taskName;
  double seconds = 0;  // since the task began
  double progress = 0;
  std::string progressText;
};

// What became of the reports to the error reporters of the configuration.
struct BoardErrorReports {
  int pid = 0;                 // of the process that runs the reporters; 0: it is being started
  std::uint64_t sent = 0;      // passed to a reporter that took them
  std::uint64_t failed = 0;    // lost, since the reporter threw, took too long or crashed
  std::uint64_t dropped = 0;   // lost, since too many waited or the instance ended
  std::uint64_t repeated = 0;  // errors that were counted in a report of an identical error
  std::uint64_t waiting = 0;   // reports that wait now, or are at their reporter
  std::string failing{};       // names of the reporters whose last report failed; empty: none
};

// The process that serves the metrics of the instance by HTTP.
struct BoardMetricsServer {
  int pid = 0;             // 0: it is being started
  std::string address{};   // as the configuration says: "127.0.0.1:9464"
  bool listening = false;  // clients can connect
  std::string problem{};   // why it does not listen; empty while it listens or starts
};

// What became of the spans of tasks.
struct BoardSpans {
  std::uint64_t sent = 0;
  std::uint64_t dropped = 0;  // lost: too many waited, or the server did not take them
  std::uint64_t waiting = 0;  // wait now
  bool failing = false;       // the last request to the server failed
};

// How many requests were sent to stores that charge for each request, since the start.
struct BoardStoreRequests {
  std::uint64_t sent = 0;       // all, repeated ones included
  std::uint64_t repeated = 0;   // sent again after an error
  std::uint64_t throttled = 0;  // refused since there were too many
  friend bool operator==(const BoardStoreRequests&, const BoardStoreRequests&) = default;
};

// How often the master was asked to read the configuration again (HUP), and how far it came.
enum class ReloadEnd : std::uint32_t { Applied, Refused };
struct BoardReloads {
  std::uint64_t requested = 0;
  std::uint64_t answered = 0;          // the requests up to this one have their end
  ReloadEnd end = ReloadEnd::Applied;  // of the last answered one
  friend bool operator==(const BoardReloads&, const BoardReloads&) = default;
};

// What the board says about the instance.
struct BoardInstance {
  int pid = 0;                // of the master
  std::string session;        // the instance's name
  Time since{};               // when the instance started
  std::string configuration;  // absolute path of the configuration file; empty: none
  InstanceState state = InstanceState::Starting;
  std::string waitsFor;  // "broker main"; empty while it runs
  bool isReady() const { return state == InstanceState::Running; }
  std::uint64_t done = 0;    // tasks settled since the start
  std::uint64_t failed = 0;  // how many of these did not succeed
  BoardReloads reloads;
  std::vector<BoardWorker> workers;
  std::optional<BoardErrorReports> errorReports;    // none: no error reporter is configured
  std::optional<BoardMetricsServer> metricsServer;  // none: none is configured
  std::optional<BoardSpans> spans;                  // none: no spans are sent
  std::optional<BoardStoreRequests> storeRequests;  // none: no store charges for each request
};

// The board of a dead instance. The lock keeps other processes from taking over the same board at the same time.
struct DeadBoard {
  BoardInstance instance;
  base::UniqueFd lock;
};

// The mapped board. Each process calls only the functions of its role.
class StatusBoard {
 public:
  // For the process that will be the master: the file stays locked as long as that process lives. Errors: see
  // BoardFile::create.
  static Result<std::unique_ptr<StatusBoard>> create(const std::filesystem::path& file, const std::string& session,
                                                     int workers, const Clock& clock);
  // A board without a file, for tests.
  static std::unique_ptr<StatusBoard> inMemory(int workers, const Clock& clock);
  // Maps the board of another process, to be read only. Errors: as `read`.
  static Result<std::unique_ptr<const StatusBoard>> open(const std::filesystem::path& file);
  // Reads a board. NotFound: no such file. Corrupt: not a board of this version. Unavailable: reading is not permitted,
  // or the instance is gone. Invalid: a symbolic link, or the file of a third user (neither root nor the caller); root
  // may read the files of all users.
  static Result<BoardInstance> read(const std::filesystem::path& file, const Clock& clock);
  // Locks the board file that a dead instance of this user left, and reads which instance it was, without its workers.
  // Lost: the instance lives. NotFound, Corrupt: as `read`. Unavailable: the file cannot be opened or locked. Invalid:
  // a link, or the file of another user.
  static Result<DeadBoard> takeOver(const std::filesystem::path& file);
  // The pid of the living master that holds this board, also where no pid file names it. None: this process can see no
  // such master. Unavailable: that cannot be determined.
  static Result<std::optional<int>> masterOf(const std::filesystem::path& file);
  ~StatusBoard();

  // A copy of what the board says now.
  BoardInstance snapshot(const Clock& clock) const;

  // The counters of the instance; metrics/metrics_table.h says which process writes which.
  metrics::MetricsTable& metrics();
  const metrics::MetricsTable& metrics() const;

  // Master, once it is a daemon.
  void setMaster(int pid);
  void setConfiguration(const std::string& file);
  // Master, for each worker that it starts, or reaps (pid 0). `slot` may be kReportSlot.
  void setWorker(int slot, int pid);
  void setState(InstanceState state, std::string_view waitsFor);
  InstanceState state() const;
  // Master, after a reload: how many workers are shown, at most kMaxWorkers.
  void setWorkers(int workers);
  // Master, at a request to read the configuration again; and once all requests that came so far have this end.
  void addReloadRequest();
  void setReloadEnd(std::uint64_t request, ReloadEnd end);
  BoardReloads reloads() const;
  // Master, at the start and after a reload: whether an error reporter is configured.
  void setErrorReportsEnabled(bool enabled);
  // Master, at the start of a metrics server and after a reload: where it is to listen; empty: there is none.
  void showMetricsServer(std::string_view address);
  // Master: the pid of the metrics server; 0: it died. It listens nowhere until it says so.
  void setMetricsServer(int pid);
  // Metrics server, before it makes the board read-only: that it listens, or why it cannot.
  void setMetricsListening();
  void setMetricsProblem(std::string_view problem);
  // Dispatcher.
  void setTask(int slot, std::string_view id, std::string_view name, BootTime started);
  void setProgress(int slot, double fraction, std::string_view text);
  void clearTask(int slot);
  void addSettled(std::uint64_t done, std::uint64_t failed);
  void setStoreRequests(const BoardStoreRequests& requests);
  // Adds the counters of `more`, and sets `waiting` and `failing`.
  void updateErrorReports(const BoardErrorReports& more);

  // Dispatcher, at its start: says whether spans are sent.
  void setSpansEnabled(bool enabled);
  // Adds the counters `sent` and `dropped` of `more`, and sets `waiting` and `failing`.
  void updateSpans(const BoardSpans& more);

  // Worker, right after its fork: user code then cannot overwrite the board. Metrics server, before it reads the first
  // byte of a client.
  void makeReadOnly();

  // Master, about every second: creates the file again when it was removed or changed. True: it was. Lost: the path now
  // has the file of another living instance. Unavailable: that cannot be determined, or no space is left.
  Result<bool> restoreFile();

  // The first call in a child: closes the descriptors of the file and of the memory.
  void closeInChild();

  // Removes the file at a clean end.
  void remove();

 private:
  struct Head;
  struct Page;
  StatusBoard(Page* page, base::UniqueFd memory) : page_(page), memory_(std::move(memory)) {}
  static Result<void> readHead(const base::UniqueFd& descriptor, const std::filesystem::path& file, Head& head);
  std::string head() const;
  void writeHeadToFile();
  Page* page_;
  base::UniqueFd memory_;
  std::optional<BoardFile> file_;  // only in the master
};

}  // namespace leptir::link
