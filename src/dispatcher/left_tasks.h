// The tasks of one broker and one name that this session gave back since as many tasks of the name run as `max_running`
// allows, in the order in which they are to begin. They wait in the store, which leaves them to other sessions
// (TaskRelease::leftToOthersUntil) until this session asks for them again (BrokerSession::leaseAgain).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "leptir/spi/broker_task.h"

namespace leptir::dispatcher {

// Used by one thread at a time.
class LeftTasks {
 public:
  // Whether a leased task may begin before the tasks of this list.
  enum class Turn { Now, Later };
  struct Arrival {
    std::int64_t order;  // of the task among those of its name
    Turn turn;
  };

  // Whether a task of the name may begin now.
  enum class MayBegin { No, Yes };

  // A task of the name was leased. Now: the list no longer has it. If it may begin, but in some deliveries in a row no
  // task was in turn, the answer is Now: other instances may hold what is asked for here, and ask for what is held
  // here.
  Arrival noteLeased(const std::string& id, MayBegin mayBegin = MayBegin::No);
  // The task was given back, under this lease, and is left to others.
  void add(std::int64_t order, const std::string& id, LeaseId lease);

  // Takes the first tasks that have not been asked for: their leases, for BrokerSession::leaseAgain. At least `wanted`
  // of them; more when the last ones asked for were gone, so that a list of tasks that other instances ran is soon
  // worked off. `batch`: the settle batch by which the store is asked.
  std::vector<LeaseId> askFor(std::size_t wanted, std::uint64_t batch);
  // The store was asked by this batch: what it has of these tasks comes with the next delivery.
  void noteAsked(std::uint64_t batch);
  // A delivery has arrived, all of whose tasks were noted. Forgets the tasks that should have been among them: another
  // instance ran them, or a user removed them. `nothingMoreDue`: the store has no more due tasks for this session.
  void noteDelivery(bool nothingMoreDue);

  // Forgets all tasks. Returns their leases, for BrokerSession::leaseAgain.
  std::vector<LeaseId> takeAll();

  bool empty() const { return tasks_.empty(); }
  std::size_t size() const { return tasks_.size(); }
  // How many tasks were asked for and have not arrived.
  std::size_t asked() const { return asked_; }
  void clear();

 private:
  enum class State { Left, AskedFor, Awaited };  // Awaited: it comes with the next delivery, or is gone
  struct Left {
    std::string id;
    LeaseId lease;
    State state = State::Left;
    std::uint64_t batch = 0;  // by which the store is asked
  };
  using Tasks = std::map<std::int64_t, Left>;

  Arrival noteArrival(const std::string& id);
  bool awaitsAny() const;
  Tasks::iterator erase(Tasks::iterator task);

  Tasks tasks_;                                           // by their order
  std::unordered_map<std::string, std::int64_t> orders_;  // by id
  std::int64_t nextOrder_ = 1;
  std::size_t asked_ = 0;
  std::int64_t lastArrived_ = 0;      // the highest order of an awaited task in this delivery
  int deliveriesWithoutAwaited_ = 0;  // in a row that had no awaited task
  std::size_t minToAskFor_ = 1;
  bool outOfTurn_ = false;       // this delivery had a task that was below the limit, but not in turn
  int deliveriesOutOfTurn_ = 0;  // such deliveries, since a task was in turn or at the limit
};

}  // namespace leptir::dispatcher
