// Compares a store without BrokerTraits::keepsSessions with what its leases should do: random operations of several
// sessions, while time passes, whose answers the model knows beforehand. (model.h compares stores with sessions.)
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/conformance/backends_under_test.h"

namespace leptir::conformance {

class LeaseModel {
 public:
  LeaseModel(const BackendUnderTest& backend, std::uint64_t seed);

  // Performs one operation. Empty if the store answers as it should, otherwise the operation and both answers.
  std::string step();

 private:
  static constexpr int kSessions = 3;
  static constexpr Duration kLease = std::chrono::seconds(60);

  // A task as it was sent last: a release sends it anew.
  struct Task {
    Counters counters{};
    int message = 0;
    std::uint32_t receives = 0;
    Time visibleAt{};  // when a session gets it
  };
  struct Held {
    LeaseId lease{};
    std::string id{}, envelope{};
    Counters counters{};
    int message = 0;
    Time ends{};
  };
  struct Session {
    std::string instance{};
    std::uint64_t epoch = 0;
    std::unique_ptr<SimpleBroker> broker{};
    std::unique_ptr<BrokerSession> open{};
    std::map<std::uint64_t, Held> held{};  // by lease number; also leases that are over and that it was not told of
  };

  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  Time now() const { return store_->now(); }
  Time inWholeSteps(Time due) const;
  Session& anySession() { return sessions_[static_cast<std::size_t>(below(kSessions))]; }
  Counters anyCounters();
  // Leases to settle: of the session or of another one, maybe over.
  std::vector<Held> choose();
  bool isOurs(const Session& session, const Held& chosen) const;
  std::vector<LeaseId> notOurs(const Session& session, const std::vector<Held>& chosen) const;
  void remember(Session& session, Held held);
  void send(const std::string& id, const Counters& counters, Time visibleAt);
  void open(Session& session);
  void avoidEndsOfLeases();

  // What a pop of this session returns: counters by id.
  std::map<std::string, Counters> leaseAll(Session& session);
  std::optional<Counters> receive(Session& session, const std::string& id, Task& task);
  void remove(Session& session, const Held& held);

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
  const Duration step_;  // of due times
  std::unique_ptr<StoreUnderTest> store_;
  std::unique_ptr<SimpleBroker> broker_;
  std::array<Session, kSessions> sessions_;
  std::map<std::string, Task> tasks_;
  std::vector<Held> known_;
  int pushed_ = 0, sent_ = 0;
  Wake wake_;
};

}  // namespace leptir::conformance
