// An order to one instance, from any machine that reaches one of its stores. The instance takes it within a second
// where the store has FleetStore::version(), and says so in its log; an order that no instance takes disappears after
// an hour.
#pragma once

#include <optional>
#include <string>

#include "leptir/clock.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::fleet {

inline constexpr Duration kOrderLifetime = std::chrono::hours(1);
inline constexpr Duration kTakenOrderLifetime = std::chrono::hours(24);

struct Order {
  enum class Kind {
    Stop,        // let running tasks finish, and end: as TERM to the master
    StopNow,     // as QUIT
    Drain,       // begin no task more, and run on without one until it is stopped or resumed
    Resume,      // end a drain
    Reload,      // as HUP
    SetWorkers,  // change the number of workers until the next reload or start
  };
  Kind kind = Kind::Stop;
  std::string instance{};
  int workers = 0;  // of SetWorkers: 1 to kMaxWorkers
  std::string by{};
  Time at{};

  friend bool operator==(const Order&, const Order&) = default;
};

std::string_view nameOf(Order::Kind kind);  // stop, stop-now, drain, resume, reload, set-workers

// What the keys of all orders to an instance begin with: `orders/<instance>/`.
std::string orderKeyPrefix(std::string_view instance);
// `orders/<instance>/<microseconds, 20 digits>-<random, 8 hex digits>`: in the order in which they were given.
std::string keyOf(const Order& order, std::uint32_t random);
// The key of the note which instance took an order, kept for kTakenOrderLifetime: `taken/` instead of `orders/`.
std::string keyOfTakenOrder(std::string_view keyOfOrder);
std::string textOf(const Order& order);
std::optional<Order> orderOf(const FleetEntry& entry);

}  // namespace leptir::fleet
