// An operator's order on its way from the dispatcher, which found it in a store, to the master, which obeys it: one
// word of the shared page for each broker. The word is written in one step and stays after the order, so a dispatcher
// that dies at any moment has either handed the order over or not, and the next one sees which.
#pragma once

#include <atomic>
#include <cstdint>

namespace leptir::link {

enum class OrderKind : std::uint8_t {
  Stop = 1,    // as TERM to the master
  StopNow,     // as QUIT
  Drain,       // begin no task more, until Resume
  Resume,      // end a drain
  Reload,      // as HUP
  SetWorkers,  // change the number of workers until the next reload or start
};

// An order as one word; never 0.
struct OrderWord {
  OrderKind kind = OrderKind::Stop;
  int workers = 0;              // of SetWorkers: at most base::kMaxWorkers
  std::uint64_t keyDigest = 0;  // which order this is; its lowest 48 bits count

  std::uint64_t pack() const {
    return keyDigest << 16 | (static_cast<std::uint64_t>(workers) & 0xfff) << 4 | static_cast<std::uint64_t>(kind);
  }
  static OrderWord unpack(std::uint64_t word) {
    return {static_cast<OrderKind>(word & 0xf), static_cast<int>(word >> 4 & 0xfff), word >> 16};
  }
};

struct SharedOrder {
  std::atomic<std::uint64_t> given{0};  // written by the dispatcher; 0: there was no order yet
  std::atomic<std::uint64_t> taken{0};  // written by the master: the last word that it has obeyed
};

}  // namespace leptir::link
