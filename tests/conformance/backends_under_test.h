// The backends that the conformance suite and the model test run on. A new backend needs a line in the list of
// backends_under_test.cc and the class that is named there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "leptir/spi/simple_broker.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir::conformance {

// Manual: time stands still until a test moves it. Machine: the machine's clock, for tests that wait.
enum class ClockKind { Manual, Machine };

// A store for one test: empty at the start and removed at the end.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;

  // Opens a new connection to the queue.
  virtual std::unique_ptr<SimpleBroker> openBroker() = 0;
  // Opens a queue with another name in the same store. Null: a store of this backend is one queue.
  virtual std::unique_ptr<SimpleBroker> openOtherQueue() { return nullptr; }
  virtual std::unique_ptr<SimpleMetaStorage> openMetaStorage(std::optional<Duration> expireAfter) = 0;

  // Puts bytes into the queue as a foreign producer would.
  virtual void pushRaw(std::string bytes, Time due) = 0;
  // What a lease returns as the envelope of such bytes: a store of documents keeps bytes that are none in a document.
  virtual std::string stored(std::string bytes) { return bytes; }

  // Begin and end of the life of an instance. After endInstance any other instance may recover its sessions.
  virtual void startInstance(const std::string& instance) = 0;
  virtual void endInstance(const std::string& instance) = 0;

  // The store's clock. `advance` lets at least the time `by` pass on it.
  virtual Time now() = 0;
  virtual void advance(Duration by) = 0;
};

struct BackendUnderTest {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>(ClockKind)> open;
  // That the backend must answer. A trait leaves out only the tests of sentences that the headers make depend on it
  // (LEPTIR_NEEDS_TRAIT).
  BrokerTraits traits;
  MetaTraits metaTraits;  // as traits; `durability` of both is not compared
  // Tasks of one time are leased in the order of their push, and malformed bytes keep their position and counters when
  // they are released. For a store that cannot do that the model always leases all due tasks, compares them without
  // their order, and pushes no malformed bytes.
  bool ordersAsTheReference = true;
  // SimpleMetaStorage::watchRecords works. A store that should wake cannot leave out these tests.
  bool wakesForRecords = true;
  bool keepsRecords = true;  // false: its stores open no meta storage

  friend void PrintTo(const BackendUnderTest& backend, std::ostream* out) { *out << backend.name; }
};

// All backends, or only the one that the environment variable LEPTIR_BACKEND_UNDER_TEST names, which may be one of
// brokenBackends().
std::vector<BackendUnderTest> backendsUnderTest();
// For tests of records: these backends, and those with another layout of their records.
std::vector<BackendUnderTest> recordStoresUnderTest();

// The store that the model tests compare backends with.
std::unique_ptr<StoreUnderTest> openReference();

}  // namespace leptir::conformance
