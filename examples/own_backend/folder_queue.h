// A queue that keeps each task in a file of a folder, for a few hundred tasks on one machine: most operations read the
// whole folder. A lock on the folder makes each operation atomic among all processes that use the queue.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "json_folder.h"
#include "leptir/spi/encoded_task.h"
#include "leptir/spi/simple_broker.h"

namespace folder {

using leptir::EncodedTask, leptir::CancelResult, leptir::Duration, leptir::FoundTask, leptir::LeasedTask,
    leptir::LeaseId, leptir::ListedSession, leptir::Page, leptir::Renewal, leptir::Result, leptir::SessionId,
    leptir::SessionInfo, leptir::TaskBurial, leptir::TaskCounts, leptir::TaskRelease, leptir::Time;

// A task as it stands in its file. Times are microseconds since 1970.
struct StoredTask {
  std::string id, envelope;
  std::int64_t due = 0;
  std::string session;        // of the instance that has leased the task; empty: it is not leased
  std::uint64_t lease = 0;    // number of the last lease
  std::string cancelledBy;    // user@host; empty: no cancel request
  std::int64_t buriedAt = 0;  // 0: it is not buried
  std::string reason;         // why it is buried
  std::uint32_t failures = 0, crashes = 0, expiries = 0, unknown = 0;
};

struct StoredSession {
  std::string instance;
  std::uint64_t epoch = 0;
  std::int64_t expires = 0;
  std::string host, version;
  int pid = 0, workers = 0;
};

// One thread at a time. Its functions have the names and promises of SimpleBroker, BrokerSession and TaskKeeper.
class FolderQueue {
 public:
  explicit FolderQueue(std::filesystem::path folder);

  Result<void> push(std::span<const EncodedTask> tasks);
  Result<TaskCounts> counts();

  Result<void> openSession(const SessionId& id, const SessionInfo& info, Duration lease);
  Result<void> checkSession(const SessionId& id);
  Result<void> closeSession(const SessionId& id);
  Result<std::size_t> recoverExpired(std::size_t limit, const std::set<std::string>& ownInstances);
  Result<void> endSessionsOf(std::string_view instance);
  Result<std::vector<ListedSession>> listSessions(Page page);

  // `leftToOthers`: tasks, by id, that this session leaves to other sessions until a time.
  Result<std::vector<LeasedTask>> lease(const SessionId& session, std::size_t limit,
                                        const std::map<std::string, Time>& leftToOthers);
  Result<std::vector<LeasedTask>> heldTasks(const SessionId& session);
  Result<Renewal> renew(const SessionId& session, std::span<const LeaseId> held, Duration lease);
  Result<std::vector<LeaseId>> acknowledge(const SessionId& session, std::span<const LeaseId> leases);
  Result<std::vector<LeaseId>> release(const SessionId& session, std::span<const TaskRelease> tasks);
  Result<std::vector<LeaseId>> bury(const SessionId& session, std::span<const TaskBurial> tasks);

  Result<FoundTask> find(std::string_view id);
  Result<void> remove(std::string_view id);
  Result<CancelResult> cancel(std::string_view id, std::string_view by);
  Result<std::vector<FoundTask>> listBuried(Page page);
  Result<std::size_t> revive(std::span<const std::string> ids);

 private:
  std::vector<StoredTask> allTasks() const;
  std::optional<StoredTask> taskWithId(std::string_view id) const;
  std::optional<StoredTask> heldTask(const SessionId& session, const LeaseId& lease) const;
  Result<void> save(const StoredTask& task) const;
  std::optional<StoredSession> sessionOf(const std::string& instance) const;
  Result<void> checkOpen(const SessionId& id) const;
  Result<void> recover(StoredTask task) const;

  std::filesystem::path folder_;
  JsonFolder tasks_, sessions_;
};

}  // namespace folder
