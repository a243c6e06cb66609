#include "folder_broker.h"

#include <unistd.h>

#include <cerrno>

#include "folder_pushes.h"
#include "folder_session.h"
#include "folder_sessions.h"

namespace folder {

Result<void> FolderBroker::pushEncodedTasks(std::span<const leptir::EncodedTask> tasks) {
  return FolderPushes(*store_).push(tasks);
}

Result<leptir::TaskCounts> FolderBroker::tasksCount() {
  const auto lock = store_->begin();
  if (!lock) return lock.error();
  const auto tasks = store_->tasks.all();
  if (!tasks) return tasks.error();
  leptir::TaskCounts counts;
  for (const auto& task : *tasks) {
    switch (stateOf(task, store_->now())) {
      case TaskState::Due:
        ++counts.due;
        break;
      case TaskState::Scheduled:
        ++counts.scheduled;
        break;
      case TaskState::Leased:
        ++counts.leased;
        break;
      case TaskState::Buried:
        ++counts.buried;
        break;
    }
  }
  return counts;
}

Result<std::unique_ptr<leptir::BrokerSession>> FolderBroker::openSession(const SessionId& session,
                                                                         const leptir::SessionInfo& info,
                                                                         Duration lease) {
  if (auto opened = FolderSessions(*store_).open(session, info, lease); !opened) return opened.error();
  ownInstances_.insert(session.instance);
  return std::make_unique<FolderSession>(store_, session);
}

Result<std::unique_ptr<leptir::BrokerSession>> FolderBroker::resumeSession(const SessionId& session) {
  if (auto open = FolderSessions(*store_).checkOpen(session); !open) return open.error();
  ownInstances_.insert(session.instance);
  return std::make_unique<FolderSession>(store_, session);
}

Result<std::size_t> FolderBroker::recoverExpired(std::size_t limit) {
  return FolderSessions(*store_).recoverExpired(limit, ownInstances_);
}

Result<void> FolderBroker::endSessionsOf(std::string_view instance) {
  return FolderSessions(*store_).expire(instance);
}

// "Without changing the store": the rights are asked for, not tried.
Result<void> FolderBroker::checkRights() {
  for (const auto* name : {"", "tasks", "sessions", "pushes", "incoming"}) {
    const auto folder = store_->path() / name;
    if (::access(folder.c_str(), R_OK | W_OK | X_OK) == 0) continue;
    const bool isForbidden = errno == EACCES || errno == EROFS;
    return Error(isForbidden ? ErrorCode::Invalid : ErrorCode::Unavailable, failed(folder).message());
  }
  return {};
}

bool FolderBroker::isUsable() const {
  std::error_code ignored;
  return std::filesystem::is_directory(store_->path() / "tasks", ignored);
}

// The other traits have their defaults: all promises are kept. largestEnvelope and sessionsExpire, too.
leptir::BrokerTraits FolderBroker::traitsOfAll() {
  return {.cancel = leptir::BrokerTraits::CancelLatency::AtRenewal,
          .durability = "each task is a file: pushed tasks survive a power cut; a power cut may repeat tasks that ran"};
}

}  // namespace folder
