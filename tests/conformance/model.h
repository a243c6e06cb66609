// Compares a backend with the reference: the same random operations on both, and all answers compared.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/conformance/backends_under_test.h"

namespace leptir::conformance {

class Model {
 public:
  Model(const BackendUnderTest& backend, std::uint64_t seed);

  // Runs one operation on both. Empty if they agree, otherwise the operation and both answers.
  std::string step();

 private:
  static constexpr int kSides = 2;  // the reference, the backend
  static constexpr int kInstances = 3;

  struct Side {
    std::unique_ptr<StoreUnderTest> store;
    std::unique_ptr<SimpleBroker> broker;
    std::unique_ptr<SimpleBroker> recoverer;  // without a session, since no instance recovers its own sessions
    std::array<std::unique_ptr<BrokerSession>, kInstances> sessions;
  };
  struct Instance {
    std::string name;
    std::uint64_t epoch = 0;
    bool lives = false;
  };
  // A lease that was given at some time, as each side names it. It may be lost by now.
  struct KnownLease {
    std::array<LeasedTask, kSides> task;
  };

  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  std::string anyId() { return "t" + std::to_string(below(30)); }
  // Up to four, each once.
  std::vector<std::string> someIds();
  TaskFilter anyFilter();
  std::string textOfAllPages(int side, const TaskFilter& filter, std::size_t limit);
  Time dueIn(Duration fromNow);
  Counters anyCounters();
  void rememberLeases(const std::array<std::vector<LeasedTask>, kSides>& popped);
  std::vector<KnownLease> anyKnown();
  Time now() const { return sides_[0].store->now(); }
  BrokerSession& session(int side, int instance) { return *sides_[side].sessions[instance]; }

  std::string push();
  std::string pushRaw();
  void passAMillisecond();
  std::string pop();
  std::string acknowledge();
  std::string acknowledgeAndPop();
  std::string release();
  std::string bury();
  std::string renew();
  std::string held();
  std::string count();
  std::string find();
  std::string removeOrCancel();
  std::string listBuried();
  std::string listAll();
  std::string earliestDue();
  std::string removeMany();
  std::string reschedule();
  std::string revive();
  std::string advance();
  std::string closeSession();
  std::string resume();
  std::string endAnInstance();
  std::string recover();
  std::string open(int instance);

  const bool ordersAsTheReference_;
  const bool listsTasks_;
  const bool listsLatestFirst_;
  const bool reschedules_;
  const Duration duePrecision_;
  std::mt19937_64 random_;
  std::array<Side, kSides> sides_;
  std::array<Instance, kInstances> instances_;
  std::vector<KnownLease> known_;
  Wake wake_;
};

}  // namespace leptir::conformance
