// For `status`: the instances that have a session open at a broker.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "leptir/json.h"
#include "leptir/spi/fleet_store.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::cli {

struct SessionList {
  std::string broker;
  std::vector<ListedSession> sessions;  // at most kMaxSessionsShown
  std::size_t notShown = 0;             // sessions of this broker beyond these
  bool isCountExact = true;             // false: there may be even more than `notShown`
};

inline constexpr std::size_t kMaxSessionsShown = 100;

// Asks the store. Empty if it cannot list its sessions, or fails: `status` shows everything else nevertheless.
SessionList listSessions(TaskKeeper& keeper, const std::string& broker);

// The store keeps with a session the instance's number of workers at its opening; the card of the instance says
// how many there are now. `store` may be null.
void updateWorkerCountsFromCards(FleetStore* store, SessionList& list);

// One object for each session at these brokers: broker, instance, epoch, host, pid, version, workers, leased, and
// expiresIn in seconds (null if the session lasts as long as its processes). Host, pid, version and workers are null if
// the store has none.
Json sessionsJson(std::span<const SessionList> lists);
std::size_t sessionsNotShown(std::span<const SessionList> lists);
// A title, the header of a table, a line for each session and, if some are not shown, a line that says how many.
std::vector<std::string> sessionLines(const SessionList& list);

}  // namespace leptir::cli
