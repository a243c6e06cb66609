// For tests: a SQLite database in a temporary folder. An instance counts as alive while lock() is held for it.
#pragma once

#include <fcntl.h>
#include <sys/file.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "backends/sqlite/sqlite_backend.h"
#include "base/task_id.h"
#include "base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace leptir {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline std::vector<BrokerTask> someTasks(int count) {
  std::vector<BrokerTask> tasks(static_cast<std::size_t>(count));
  for (auto& task : tasks) {
    task.id = base::makeTaskId();
    task.name = "Test";
  }
  return tasks;
}

struct TestDatabase {
  std::unique_ptr<SimpleBroker> broker(BrokerUse use = BrokerUse::Dispatch) {
    return must(backend.openBroker(connection, use));
  }
  std::unique_ptr<SimpleMetaStorage> records() { return must(backend.openMetaStorage(connection, {})); }

  base::UniqueFd lock(const std::string& instance) {
    const auto file = backend.sessionLockFile(connection, instance);
    base::UniqueFd lock(::open(file->c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) throw std::runtime_error("cannot lock " + file->string());
    return lock;
  }

  TempDir folder;
  std::filesystem::path path = folder / "leptir.db";
  std::filesystem::path wal = folder / "leptir.db-wal";
  Json connection{{"path", path.string()}};
  sqlite::SqliteBackend backend;
};

}  // namespace leptir
