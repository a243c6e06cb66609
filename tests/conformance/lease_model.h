// Compares a store without BrokerTraits::keepsSessions with what its leases should do: random operations of several
// sessions, while time passes. (model.h compares stores with sessions.)
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/conformance/backends_under_test.h"
#include "tests/conformance/expected_leases.h"

namespace leptir::conformance {

class LeaseModel {
 public:
  LeaseModel(const BackendUnderTest& backend, std::uint64_t seed);

  // Performs one operation. Empty if the store answers as it should, otherwise the operation and both answers.
  std::string step();

 private:
  struct Session {
    int number = 0;
    std::string instance{};
    std::uint64_t epoch = 0;
    std::unique_ptr<SimpleBroker> broker{};
    std::unique_ptr<BrokerSession> open{};
  };

  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  Time now() const { return store_->now(); }
  Session& anySession() { return sessions_[static_cast<std::size_t>(below(ExpectedLeases::kSessions))]; }
  Counters anyCounters();
  // Leases to settle: of any session, maybe over.
  std::vector<ExpectedLeases::Held> choose();
  void open(Session& session);

  std::string push();
  std::string pop();
  std::string acknowledge();
  std::string release();
  std::string bury();
  std::string renew();
  std::string count();
  std::string advance();
  std::string close();
  std::string resume();

  std::mt19937_64 random_;
  ExpectedLeases expected_;
  std::unique_ptr<StoreUnderTest> store_;
  std::unique_ptr<SimpleBroker> broker_;
  std::array<Session, ExpectedLeases::kSessions> sessions_;
  std::vector<ExpectedLeases::Held> known_;
  int pushed_ = 0;
  Wake wake_;
};

}  // namespace leptir::conformance
