#include "tests/chaos/backends.h"

#include <sqlite3.h>

#include <algorithm>

#ifdef LEPTIR_MONGODB
#include "tests/chaos/mongodb_store.h"
#endif
#ifdef LEPTIR_REDIS
#include "tests/chaos/redis_store.h"
#endif
#ifdef LEPTIR_SQS
#include "tests/chaos/sqs_store.h"
#endif

namespace leptir::chaos {
namespace {

// A process that goes on ends its transaction long before this.
constexpr int kMaxTransactionMs = 1000;

bool isLocked(const std::filesystem::path& database) {
  sqlite3* handle = nullptr;
  bool locked = sqlite3_open(database.c_str(), &handle) != SQLITE_OK;
  sqlite3_busy_timeout(handle, kMaxTransactionMs);
  locked = locked || sqlite3_exec(handle, "BEGIN IMMEDIATE; ROLLBACK", nullptr, nullptr, nullptr) != SQLITE_OK;
  sqlite3_close(handle);
  return locked;
}

Store openSqliteStore(const std::filesystem::path& folder) {
  const auto file = [&](const char* name) {
    return "type: sqlite, connection: { path: " + (folder / name).string() + " }";
  };
  return {.here = file("leptir.db"),
          .elsewhere = file("other/leptir.db"),
          .isLocked = [database = folder / "leptir.db"] { return isLocked(database); }};
}

}  // namespace

std::vector<Backend> chaosBackends() {
  return {
      {"sqlite", openSqliteStore},
#ifdef LEPTIR_REDIS
      {"redis", openRedisStore, 3, true},
#endif
#ifdef LEPTIR_MONGODB
      {"mongodb", openMongodbStore, 3},
#endif
#ifdef LEPTIR_SQS
      // A lease that was not renewed in time cannot be revived there.
      {"sqs", openSqsStore, 3, false, std::chrono::milliseconds(600), false, false, false},
#endif
  };
}

std::vector<Backend> chaosServers() {
  auto servers = chaosBackends();
  std::erase_if(servers, [](const Backend& backend) { return backend.lease == 0; });
  return servers;
}

}  // namespace leptir::chaos
