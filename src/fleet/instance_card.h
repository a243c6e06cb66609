// What an instance says of itself at each store that it works for, once a second (every two seconds where a store
// cannot wake): operators see it from any machine that reaches the store. A card that is not written again disappears.
// A card also tells of the tasks of the instance's other brokers, whose stores may be down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::fleet {

inline constexpr Duration kCardLifetime = std::chrono::seconds(10);
inline constexpr std::size_t kMaxTasksPerCard = 200;  // running tasks that a card names, those that began first
inline constexpr std::size_t kMaxOtherBrokersPerCard = 50, kMaxTasksPerOtherBroker = 50;

struct RunningTask {
  std::string id{}, name{};
  Time began{};
  double progress = 0;  // 0 to 1
  std::string progressText{};
  std::uint32_t attempt = 1;
  int pid = 0;  // of the worker; 0: unknown

  friend bool operator==(const RunningTask&, const RunningTask&) = default;
};

// Tasks of the card's broker that ended lately.
struct RecentTasks {
  std::uint64_t done = 0, failed = 0;  // the failed ones are done, too
  Duration within{};                   // in the last so long; zero: unknown, of a version that did not count

  friend bool operator==(const RecentTasks&, const RecentTasks&) = default;
};

// The running tasks of another broker of the instance.
struct OtherBroker {
  std::string broker{};
  std::size_t runningTasks = 0;  // all, also those that `running` leaves out
  std::vector<RunningTask> running{};

  friend bool operator==(const OtherBroker&, const OtherBroker&) = default;
};

// How often the instance was asked to read its configuration again, and how far it came (link::BoardReloads).
struct Reloads {
  std::uint64_t requested = 0, answered = 0;
  bool refused = false;  // the last answered one

  friend bool operator==(const Reloads&, const Reloads&) = default;
};

struct InstanceCard {
  std::string instance{};                                    // 32 hex digits
  std::string host{}, version{}, broker{}, configuration{};  // configuration: its path
  int pid = 0;                                               // of the master
  std::string pidNamespace{};  // where that number means this process (base/pid_namespace.h); empty: unknown
  int workers = 0;
  std::string state{};                 // starting, running, waiting, stopping
  Time since{}, written{}, renewed{};  // start, this card, last renewal of its session
  std::uint64_t done = 0, failed = 0;  // tasks settled since the start, and how many of them did not succeed
  RecentTasks recent{};
  std::size_t runningTasks = 0;  // of the card's broker: all, also those that `running` leaves out
  std::vector<RunningTask> running{};
  std::vector<OtherBroker> others{};  // brokers whose tasks run; empty in cards of earlier versions
  std::vector<std::string> names{};   // of the tasks that this instance knows
  bool paused = false;                // it obeys a pause of this queue
  bool answers = false;               // it answers questions (question.h)
  bool drained = false;               // it begins no task until it is resumed, since an order drained it
  std::optional<Reloads> reloads{};   // none: a version that does not say

  friend bool operator==(const InstanceCard&, const InstanceCard&) = default;
};

// `instances/<instance>`
std::string keyOf(const InstanceCard& card);
// JSON of at most kMaxFleetValueBytes: tasks of other brokers (not their numbers), and then running tasks and names,
// are left out from the end until it fits.
std::string textOf(const InstanceCard& card);
// None: another program, or a version that wrote other fields, wrote the entry.
std::optional<InstanceCard> instanceCardOf(const FleetEntry& entry);

}  // namespace leptir::fleet
