// What a store without BrokerTraits::keepsSessions should do with the tasks of one queue and the leases of several
// sessions: each lease ends by itself, and the next lease of its task counts an expiry.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leptir/spi/broker_session.h"

namespace leptir::conformance {

class ExpectedLeases {
 public:
  static constexpr int kSessions = 3;
  using Tasks = std::map<std::string, Counters>;  // by id

  struct Held {
    LeaseId lease{};
    std::string id{}, envelope{};
    Counters counters{};
    int message = 0;
    Time ends{};
  };

  // `lease`: how long a lease lasts. `step`: due times are rounded up to it.
  ExpectedLeases(Duration lease, Duration step) : lease_(lease), step_(step) {}

  std::size_t tasks() const { return tasks_.size(); }
  // The task has no id that was there before, unless a release sends it anew.
  void send(const std::string& id, const Counters& counters, std::optional<Time> due, Time now);
  // The tasks that a pop of the session returns. The caller then notes the lease of each.
  Tasks pop(int session, Time now);
  Held note(int session, const std::string& id, const LeasedTask& task, Time now);

  // Each returns the leases among `chosen` that are not the session's; renew() also others that it has lost.
  std::vector<LeaseId> remove(int session, const std::vector<Held>& chosen, Time now);
  std::vector<LeaseId> release(int session, const std::vector<Held>& chosen, const Counters& counters,
                               std::optional<Time> due, Time now);
  std::vector<LeaseId> renew(int session, const std::vector<Held>& chosen, Time now);
  void close(int session, Time now);

  // Whether a lease ends after now, but not later than `longest` from now.
  bool endsWithin(Duration longest, Time now) const;

 private:
  // A task as it was sent last.
  struct Task {
    Counters counters{};
    int message = 0;
    std::uint32_t receives = 0;
    Time visibleAt{};  // when a session gets it
  };
  using OfSession = std::map<std::uint64_t, Held>;  // by lease number

  std::optional<Counters> receive(OfSession& held, const std::string& id, Task& task, Time now);
  // Takes those of the session out of it.
  std::vector<Held> take(int session, const std::vector<Held>& chosen, Time now);
  OfSession& of(int session) { return held_[static_cast<std::size_t>(session)]; }

  const Duration lease_, step_;
  std::map<std::string, Task> tasks_;
  std::array<OfSession, kSessions> held_;  // also leases that are over and that the session was not told of
  int sent_ = 0;
};

}  // namespace leptir::conformance
