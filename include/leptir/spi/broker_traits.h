// BrokerTraits: what a store can and cannot do.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "leptir/spi/broker_task.h"

namespace leptir {

// What a store can and cannot do. Code checks these traits, never the type of the backend. keepsOrder,
// pushesAtomically, refusesRepeatedIds, findsById, duePrecision and largestEnvelope change nothing in leptir: `check`
// prints them, so that an operator knows what tasks may rely on before choosing the store.
// tests/conformance/traits_test.cc holds each backend to its traits.
struct BrokerTraits {
  enum class Counts { Exact, Approximate };
  // How soon the session of a leased task gets a cancel request.
  enum class CancelLatency { WithinASecond, AtRenewal, Never };

  bool keepsOrder = true;          // tasks are leased earliest first, across all sessions
  bool pushesAtomically = true;    // a push adds all tasks of its list or none
  bool refusesRepeatedIds = true;  // pushing an id that is in the queue adds nothing
  bool findsById = true;           // keeper() works
  bool listsHeldTasks = true;      // heldTasks() works
  // False: the store knows leases, but no sessions. Each lease then ends by itself when it is not renewed, and counts
  // an expiry. No session can be claimed or listed, every epoch can be opened, resumeSession always succeeds, and
  // recoverExpired has nothing to do.
  bool keepsSessions = true;
  bool leavesToOthers = true;  // false: TaskRelease::leftToOthersUntil is the time at which all sessions may lease it
  bool leasesAgain = true;     // leaseAgain() works
  // False: bury() removes a task from the store; its record, which was saved before, has the envelope. A dispatcher
  // refuses such a store without a meta storage.
  bool keepsBuried = true;
  bool wakesWaiters = true;    // a push by another process ends a wait in popBrokerTasks
  bool everyPushWakes = true;  // false: some pushes, as those of PHP leptir, do not end that wait
  // The functions of TaskKeeper and SimpleBroker that a backend need not implement.
  bool listsTasks = false;        // TaskKeeper::list and earliestDue work
  bool listsLatestFirst = false;  // TaskKeeper::list works with ListOrder::LatestFirst
  bool reschedules = false;       // TaskKeeper::reschedule works
  bool keepsFleet = false;        // SimpleBroker::fleet() is not null
  bool sessionsExpire = true;     // a session ends unless it is renewed; false: it ends with its processes
  // The longest time from the beginning of a lease to its end, however often it is renewed; zero: no limit. A
  // dispatcher refuses longer time limits, and runs no task that asks for one.
  Duration longestLease{};
  // A due time is kept in steps of this, and cut to it; steps of a second or more are rounded up, so that no task is
  // early.
  Duration duePrecision{1};
  Counts counts = Counts::Exact;
  CancelLatency cancel = CancelLatency::WithinASecond;
  std::size_t largestEnvelope = kMaxEnvelopeBytes;
  std::string durability{};  // printed by `check` and benchmarks: which data survives which failure
  // Sentences for `check` and the log: settings of the store that risk losing tasks, and that its owner should change.
  std::vector<std::string> warnings{};
};

}  // namespace leptir
