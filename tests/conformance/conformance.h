// Fixture and helpers of the conformance suite. Each test checks a sentence of simple_broker.h or
// simple_meta_storage.h, and runs on every backend.
#pragma once

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/conformance/backends_under_test.h"

namespace leptir::conformance {

using namespace std::chrono_literals;

// The value of a result. Throws an exception with the error, which fails the test.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(nameOf(result.error().code())) + ": " + result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class T>
ErrorCode codeOf(const Result<T>& result) {
  if (result) throw std::runtime_error("succeeded, but an error was expected");
  return result.error().code();
}

inline BrokerTask task(std::string id, std::optional<Time> due = {}) {
  BrokerTask task;
  task.id = std::move(id);
  task.name = "Test";
  task.timeOfExecution = due;
  return task;
}

// Tasks named `prefix`1 to `prefix`n.
inline std::vector<BrokerTask> tasks(const std::string& prefix, int count) {
  std::vector<BrokerTask> made;
  for (int i = 1; i <= count; ++i) made.push_back(task(prefix + std::to_string(i)));
  return made;
}

// The id in an envelope of a task that task() made.
inline std::string idIn(const std::string& envelope) {
  return Json::parse(envelope).at("td").at("id").get<std::string>();
}

inline std::vector<std::string> idsOf(const std::vector<LeasedTask>& leased) {
  std::vector<std::string> ids;
  for (const auto& each : leased) ids.push_back(idIn(each.envelope));
  return ids;
}

inline std::vector<LeaseId> leasesOf(const std::vector<LeasedTask>& leased) {
  std::vector<LeaseId> leases;
  for (const auto& each : leased) leases.push_back(each.lease);
  return leases;
}

using Ids = std::vector<std::string>;
using Leases = std::vector<LeaseId>;

class BrokerConformance : public ::testing::TestWithParam<BackendUnderTest> {
 protected:
  BrokerConformance() { use(ClockKind::Manual); }

  // Opens a new store in place of the last one.
  void use(ClockKind kind) {
    broker_.reset();
    brokersOf_.clear();
    store_ = GetParam().open(kind);
    broker_ = store_->openBroker();
  }

  static SessionId sessionId(char letter, std::uint64_t epoch = 1) { return {std::string(32, letter), epoch}; }

  // Starts the instance `letter` and opens a session of it.
  std::unique_ptr<BrokerSession> openSession(char letter, Duration lease = 1h) {
    store_->startInstance(std::string(32, letter));
    return must(brokerOf(letter).openSession(sessionId(letter), {"host", 1, "0.1.0", 4}, lease));
  }
  // The connection of the instance `letter`.
  SimpleBroker& brokerOf(char letter) {
    auto& broker = brokersOf_[letter];
    if (!broker) broker = store_->openBroker();
    return *broker;
  }
  void endInstance(char letter) { store_->endInstance(std::string(32, letter)); }

  void push(const std::vector<BrokerTask>& tasks) { must(broker_->pushBrokerTasks(tasks)); }
  // Leases tasks that are due now, without waiting.
  std::vector<LeasedTask> pop(BrokerSession& session, std::size_t limit = 100) {
    return must(session.popBrokerTasks(limit, 0s, wake_));
  }
  LeasedTask popOne(BrokerSession& session) {
    auto popped = pop(session, 1);
    if (popped.empty()) throw std::runtime_error("nothing is due");
    return std::move(popped.front());
  }
  // Pushes, leases and buries these tasks, one after the other.
  void pushBuried(const Ids& ids) {
    const auto session = openSession('e');
    for (const auto& id : ids) {
      push({task(id)});
      const auto leased = popOne(*session);
      must(session->bury(std::vector<TaskBurial>{{leased.lease, {.crashes = 3}, "because of " + id, leased.envelope}}));
    }
    must(session->close());
  }
  TaskKeeper& keeper() { return broker_->keeper(); }
  TaskCounts counts() { return must(broker_->tasksCount()); }
  FoundTask find(std::string_view id) { return must(broker_->keeper().find(id)); }

  Wake wake_;
  std::unique_ptr<StoreUnderTest> store_;
  std::unique_ptr<SimpleBroker> broker_;  // a connection that belongs to no instance
  std::map<char, std::unique_ptr<SimpleBroker>> brokersOf_;
};

// The backends with a trait.
inline std::vector<BackendUnderTest> backendsWhere(bool BrokerTraits::* has) {
  auto all = backendsUnderTest();
  std::erase_if(all, [has](const BackendUnderTest& backend) { return !(backend.traits.*has); });
  return all;
}

// Leaves out the rest of a test: its sentence holds only for stores with this trait (leptir/spi/broker_traits.h).
#define LEPTIR_NEEDS_TRAIT(trait)                                            \
  if (!(GetParam().traits.trait)) {                                          \
    std::cout << "not tested: this holds only for stores with " #trait "\n"; \
    return;                                                                  \
  }                                                                          \
  static_assert(true)

// The backends that find tasks by their ids.
inline std::vector<BackendUnderTest> backendsWithAKeeper() {
  return backendsWhere(&BrokerTraits::findsById);
}

inline std::string nameOfBackend(const ::testing::TestParamInfo<BackendUnderTest>& info) {
  std::string name = info.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace leptir::conformance

// Defines a group of tests that run on every backend.
#define LEPTIR_CONFORMANCE_GROUP(Group, Base) LEPTIR_CONFORMANCE_GROUP_ON(Group, Base, backendsUnderTest())
#define LEPTIR_CONFORMANCE_GROUP_ON(Group, Base, backends) \
  class Group : public Base {};                            \
  GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Group);    \
  INSTANTIATE_TEST_SUITE_P(On, Group, ::testing::ValuesIn(backends), &nameOfBackend)
