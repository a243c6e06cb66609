// One backend beside the reference: the same random operations on both, and every answer compared.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/conformance/backends_under_test.h"

namespace leptir::conformance {

class Model {
 public:
  Model(const BackendUnderTest& backend, std::uint64_t seed);

  // One operation on both. Empty when they agree; else what was done and what each answered.
  std::string step();

 private:
  static constexpr int kSides = 2;  // the reference, the backend
  static constexpr int kInstances = 3;

  struct Side {
    std::unique_ptr<StoreUnderTest> store;
    std::unique_ptr<SimpleBroker> broker;
    std::unique_ptr<SimpleBroker> recoverer;  // of an instance without sessions: no instance claims its own
    std::array<std::unique_ptr<BrokerSession>, kInstances> sessions;
  };
  struct Instance {
    std::string name;
    std::uint64_t epoch = 0;
    bool lives = false;
  };
  // A lease that was given once, as each side calls it; whoever holds the task now.
  struct Known {
    std::array<LeasedTask, kSides> task;
  };

  using Ask = std::function<std::string(int side)>;
  std::string both(const std::string& what, const Ask& ask);
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  std::string anyId() { return "t" + std::to_string(below(30)); }
  Counters anyCounters();
  void know(const std::array<std::vector<LeasedTask>, kSides>& popped);
  std::vector<Known> anyKnown();
  Time now() const { return sides_[0].store->now(); }
  BrokerSession& session(int side, int instance) { return *sides_[side].sessions[instance]; }

  std::string push();
  std::string pushRaw();
  void moment();
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
  std::string revive();
  std::string advance();
  std::string closeSession();
  std::string resume();
  std::string die();
  std::string recover();
  std::string open(int instance);

  const bool ordersAsTheReference_;
  std::mt19937_64 random_;
  std::array<Side, kSides> sides_;
  std::array<Instance, kInstances> instances_;
  std::vector<Known> known_;
  Wake wake_;
};

}  // namespace leptir::conformance
