// The fixture for tests of feeders and meta writers: stores in memory that fail on demand (Faults), and an inbox.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/memory/memory_backend.h"
#include "backends/memory/memory_broker.h"
#include "broker/broker_factory.h"
#include "dispatcher/inbox.h"
#include "dispatcher/store_thread.h"
#include "meta/meta_storage_factory.h"
#include "tests/support/faulty_store.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir::dispatcher {

class StoreThreadTest : public ::testing::Test {
 protected:
  broker::BrokerFactory brokerFactory() {
    return {.name = "broker", .open = [this]() -> Result<std::unique_ptr<SimpleBroker>> {
              if (unusable) return *unusable;
              return std::make_unique<FaultyBroker>(std::make_unique<memory::MemoryBroker>(queue), faults);
            }};
  }

  enum class Storage { Required, Optional };

  meta::MetaStorageFactory storageFactory(Storage storage = Storage::Required) {
    return {.name = "records",
            .required = storage == Storage::Required,
            .open = [this]() -> Result<std::unique_ptr<SimpleMetaStorage>> {
              if (unusable) return *unusable;
              return storageFaults.invoke(testing::StoreCall::OpenSession,
                                          [this]() -> Result<std::unique_ptr<SimpleMetaStorage>> {
                                            return std::make_unique<FaultyMetaStorage>(records(), storageFaults);
                                          });
            }};
  }

  std::unique_ptr<SimpleMetaStorage> records() { return backend.openMetaStorage(connection, std::nullopt).value(); }
  bool isRecorded(const std::string& id) { return records()->loadMetaInfoById(id).has_value(); }

  void push(const std::vector<std::string>& ids) {
    std::vector<EncodedTask> tasks;
    for (const auto& id : ids) tasks.push_back(EncodedTask::encode({.id = id, .name = "noop"}).value());
    ASSERT_TRUE(queue->push(tasks));
  }

  static MetaInfo recordOf(const std::string& id, std::uint64_t lease = 1) {
    MetaInfo record;
    record.id = id;
    record.lease = lease;
    return record;
  }

  // Moves what has come into `events`, behind what is there.
  void takeEvents() {
    std::vector<Event> taken;
    inbox.takeInto(taken);
    for (auto& event : taken) events.push_back(std::move(event));
  }

  // Waits for the next event of this kind; drops the events before it.
  template <class Wanted>
  std::optional<Wanted> next() {
    std::optional<Wanted> found;
    const auto look = [&] {
      takeEvents();
      while (!found && !events.empty()) {
        if (auto* wanted = std::get_if<Wanted>(&events.front())) found = std::move(*wanted);
        events.erase(events.begin());
      }
      return found.has_value();
    };
    EXPECT_TRUE(waitUntil(look)) << "no event of this kind came";
    return found;
  }

  // Whether an event of this kind has come since the last event that next() returned.
  template <class EventKind>
  bool hasEventCome() {
    takeEvents();
    return std::any_of(events.begin(), events.end(),
                       [](const Event& event) { return std::holds_alternative<EventKind>(event); });
  }

  // Waits until a store with these faults has refused a request that was made after this call.
  static bool refuses(const Faults& store) {
    const int before = store.refused;
    return waitUntil([&] { return store.refused > before; });
  }

  // Opens a log file for the code under test. Returns a function that reads it.
  std::function<std::string()> openLog() {
    const auto file = folder / "log";
    log = Logger::open({{.name = "log", .type = LogSinkConfig::Type::File, .path = file.string()}}).value();
    return [file] { return readWholeFile(file); };
  }
  static int timesIn(const std::string& text, const std::string& part) {
    int times = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
    return times;
  }

  const TempDir folder;
  const Json connection{{"name", "shared"}};
  memory::MemoryBackend backend;
  std::shared_ptr<memory::MemoryQueue> queue = backend.queue("shared");
  Faults faults, storageFaults;
  std::optional<Error> unusable;
  std::atomic<int> reportedUnusable = 0;
  Wake bell;
  Inbox inbox{bell};
  link::SharedPage page;
  Logger log;  // silent, unless a test opens one
  StoreThreadContext context{.inbox = inbox,
                             .page = page,
                             .logger = log,
                             .clock = systemClock(),
                             .recordUse = RecordUse::Move,
                             .onUnusable = [this](const Error&) { ++reportedUnusable; }};
  std::vector<Event> events;
};

}  // namespace leptir::dispatcher
