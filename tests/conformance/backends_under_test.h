// The backends that the conformance suite and the model test run on. A new backend adds one line to the list in the
// .cc, and the class that it names.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "leptir/simple_broker.h"
#include "leptir/simple_meta_storage.h"

namespace leptir::conformance {

// Manual: time stands until a test moves it. Machine: the machine's clock, for what waits.
enum class ClockKind { Manual, Machine };

// One store, empty at first and gone after the test.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;

  // A connection of its own to the queue; may be asked for again and again.
  virtual std::unique_ptr<SimpleBroker> openBroker() = 0;
  virtual std::unique_ptr<SimpleMetaStorage> openMetaStorage(std::optional<Duration> expireAfter) = 0;

  // Puts bytes into the queue as a foreign producer would.
  virtual void pushRaw(std::string bytes, Time due) = 0;

  // An instance lives from one to the other. When it has ended, whoever looks finds its sessions over.
  virtual void startInstance(const std::string& instance) = 0;
  virtual void endInstance(const std::string& instance) = 0;

  // The store's clock. `advance` lets at least that much of its time pass.
  virtual Time now() = 0;
  virtual void advance(Duration by) = 0;
};

struct BackendUnderTest {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>(ClockKind)> open;
  BrokerTraits traits;    // what it must answer: no backend excuses itself
  MetaTraits metaTraits;  // `durability` of both is not looked at
  // Tasks of one time come in the order of their push, and bytes that are no envelope keep their place and counters
  // when they are given back. Where a store cannot do that, the model compares only all that is due, of envelopes
  // alone.
  bool ordersAsTheReference = true;

  friend void PrintTo(const BackendUnderTest& backend, std::ostream* out) { *out << backend.name; }
};

// All of them; or only the one that the environment names in LEPTIR_BACKEND_UNDER_TEST, which may be one of
// brokenBackends().
std::vector<BackendUnderTest> backendsUnderTest();
// For records: those, and the other ways in which some of them keep records.
std::vector<BackendUnderTest> recordStoresUnderTest();

// The reference for the model test.
std::unique_ptr<StoreUnderTest> openReference();

}  // namespace leptir::conformance
