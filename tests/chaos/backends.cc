#include "tests/chaos/backends.h"

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

Store openSqliteStore(const std::filesystem::path& folder) {
  const auto file = [&](const char* name) {
    return "type: sqlite, connection: { path: " + (folder / name).string() + " }";
  };
  return {.here = file("leptir.db"), .elsewhere = file("other/leptir.db")};
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
