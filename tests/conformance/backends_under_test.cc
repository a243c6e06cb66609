#include "tests/conformance/backends_under_test.h"

#include <cstdlib>

#include "tests/conformance/broken_backends.h"
#include "tests/conformance/stores.h"
#ifdef LEPTIR_FOLDER
#include "examples/own_backend/store_under_test.h"
#endif

namespace leptir::conformance {
namespace {

template <class Store>
std::unique_ptr<StoreUnderTest> open(ClockKind kind) {
  return std::make_unique<Store>(kind);
}

#ifdef LEPTIR_SQS
BrokerTraits sqsTraits() {
  return {.keepsOrder = false,
          .pushesAtomically = false,
          .refusesRepeatedIds = false,
          .findsById = false,
          .keepsSessions = false,
          .leavesToOthers = false,
          .leasesAgain = false,
          .keepsBuried = false,
          .longestLease = std::chrono::hours(12),
          .duePrecision = std::chrono::seconds(1),
          .counts = BrokerTraits::Counts::Approximate,
          .cancel = BrokerTraits::CancelLatency::Never,
          .largestEnvelope = (1 << 20) - 256};
}
#endif

std::vector<BackendUnderTest> allBackends() {
  using Reach = BrokerTraits::CancelLatency;
  return {
      {"memory",
       open<MemoryUnderTest<>>,
       {.listsTasks = true,
        .listsLatestFirst = true,
        .reschedules = true,
        .keepsFleet = true,
        .cancel = Reach::AtRenewal},
       {.listsByCursor = true, .listsEarliestFirst = true, .expiresByItself = false},
       true,
       false},
#ifdef LEPTIR_SQLITE
      {"sqlite",
       open<SqliteUnderTest>,
       {.listsTasks = true, .listsLatestFirst = true, .reschedules = true, .keepsFleet = true, .sessionsExpire = false},
       {.listsByCursor = true, .listsEarliestFirst = true, .expiresByItself = false}},
#endif
#ifdef LEPTIR_REDIS
      {"redis",
       open<RedisUnderTest>,
       {.everyPushWakes = false, .listsTasks = true, .listsLatestFirst = true, .reschedules = true, .keepsFleet = true},
       {.listsSuccesses = false, .listsByCursor = true, .listsEarliestFirst = true},
       false},
#endif
#ifdef LEPTIR_MONGODB
      {"mongodb",
       open<MongodbUnderTest>,
       {.pushesAtomically = false,
        .listsTasks = true,
        .listsLatestFirst = true,
        .reschedules = true,
        .keepsFleet = true,
        .duePrecision = std::chrono::milliseconds(1),
        .largestEnvelope = mongodb::kLargestEnvelope},
       {.listsByCursor = true, .listsEarliestFirst = true},
       false,
       MongodbUnderTest::hasChangeStreams()},
#endif
#ifdef LEPTIR_SQS
      {.name = "sqs", .open = open<SqsUnderTest>, .traits = sqsTraits(), .keepsRecords = false},
#endif
#ifdef LEPTIR_FOLDER
      folder::FolderUnderTest::backend(),
#endif
  };
}

std::vector<BackendUnderTest> otherRecordStores() {
  return {
#ifdef LEPTIR_REDIS
      {"redis-hashed",
       open<HashedRedisUnderTest>,
       {},
       {.listsSuccesses = false, .listsByCursor = true, .listsEarliestFirst = true}},
#endif
  };
}

std::vector<BackendUnderTest> selectedByEnvironment(std::vector<BackendUnderTest> candidates) {
  const char* const wanted = std::getenv("LEPTIR_BACKEND_UNDER_TEST");
  if (wanted == nullptr) return candidates;
  for (auto& broken : brokenBackends()) candidates.push_back(std::move(broken));
  std::erase_if(candidates, [&](const auto& backend) { return backend.name != wanted; });
  return candidates;
}

}  // namespace

std::vector<BackendUnderTest> backendsUnderTest() {
  return selectedByEnvironment(allBackends());
}

std::vector<BackendUnderTest> recordStoresUnderTest() {
  auto all = allBackends();
  std::erase_if(all, [](const auto& backend) { return !backend.keepsRecords; });
  for (auto& other : otherRecordStores()) all.push_back(std::move(other));
  return selectedByEnvironment(std::move(all));
}

std::unique_ptr<StoreUnderTest> openReference() {
  return open<MemoryUnderTest<>>(ClockKind::Manual);
}

}  // namespace leptir::conformance
