// A queue in the memory of one process: the reference that other backends are compared with, and what tests of tasks
// run on. Whoever wonders what a sentence of simple_broker.h means finds it here in its plainest form.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/left_to_others.h"
#include "leptir/simple_broker.h"

namespace leptir {

// Any thread. Its functions are those of the seam, with sessions as numbers. Virtual, so that the conformance suite can
// be tried on broken ones.
class MemoryQueue {
 public:
  using SessionNumber = std::uint64_t;

  explicit MemoryQueue(const Clock& clock) : clock_(&clock) {}
  virtual ~MemoryQueue() = default;

  virtual Result<void> push(std::span<const BrokerTask> tasks);
  // As a stranger would put it there: any bytes, without an id.
  void pushRaw(std::string envelope, Time due);
  TaskCounts counts();

  Result<SessionNumber> open(const SessionId& id, const SessionCard& card, Duration lease);
  Result<SessionNumber> resume(const SessionId& id);
  // `own`: instances whose sessions are not claimed.
  virtual std::size_t recover(std::size_t limit, const std::set<std::string>& own);

  virtual Result<std::vector<LeasedTask>> lease(SessionNumber session, std::size_t limit);
  virtual Result<Renewal> renew(SessionNumber session, std::span<const LeaseId> held, Duration lease);
  virtual Result<std::vector<LeaseId>> acknowledge(SessionNumber session, std::span<const LeaseId> leases);
  virtual Result<std::vector<LeaseId>> release(SessionNumber session, std::span<const Released> tasks);
  virtual Result<std::vector<LeaseId>> bury(SessionNumber session, std::span<const Buried> tasks);
  Result<std::vector<LeasedTask>> held(SessionNumber session);
  virtual Result<void> close(SessionNumber session);

  Result<FoundTask> find(std::string_view id);
  Result<void> remove(std::string_view id);
  Result<Cancelled> cancel(std::string_view id, std::string_view by);
  std::vector<FoundTask> listBuried(Page page);
  std::size_t revive(std::span<const std::string> ids);
  std::vector<FoundTask> buriedAmong(std::span<const std::string> ids);

  // As if the time of this instance's sessions were over.
  void endTimeOf(std::string_view instance);

  // How long until this session can lease the next task; `longest` when that is later or never.
  Duration untilNextDue(SessionNumber session, Duration longest);
  // Rung whenever a task may have become due.
  void addBell(Wake& bell);
  void removeBell(Wake& bell);

 protected:
  using Number = std::uint64_t;  // of a task: the order in which they came

  struct Task {
    Number number = 0;
    std::string id;
    std::string envelope;
    Counters counters;
    Time due;
    SessionNumber holder = 0;  // 0: nobody
    std::uint64_t lease = 0;   // the last one
    Number buried = 0;         // the order in which they were buried; 0: it is not
    std::string reason;
    std::string cancelledBy;
  };
  struct Session {
    enum class State { Open, Claimed, Ended };
    SessionId id;
    SessionCard card;
    Time expiry;
    State state = State::Open;
    LeftToOthers<Number> left{};
  };

  Result<void> checkSession(SessionNumber session) const;
  Task* heldTask(SessionNumber session, const LeaseId& lease);
  Task& add(std::string id, std::string envelope, Time due);
  void wait(Task& task, Time due);  // back among those that can be leased
  Time dueOf(SessionNumber session, const Task& task, const Released& released);
  void putAside(Task& task, std::string reason);
  void forget(Task& task);
  void giveBackExpired(Task& task);
  Task* byId(std::string_view id);
  TaskState stateOf(const Task& task) const;
  FoundTask describe(const Task& task) const;
  LeasedTask describeLease(const Task& task) const;
  void ring();

  const Clock* clock_;
  std::mutex mutex_;  // guards all below
  std::map<Number, Task> tasks_;
  std::set<std::pair<Time, Number>> waiting_;
  std::unordered_map<std::string, Number> ids_;
  std::vector<Session> sessions_;
  std::uint64_t lastLease_ = 0;
  Number lastNumber_ = 0;
  Number lastBuried_ = 0;
  std::set<Wake*> bells_;
};

}  // namespace leptir
