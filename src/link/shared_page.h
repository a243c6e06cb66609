// What all processes of an instance must know at any instant. Read-only for workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "base/limits.h"
#include "leptir/clock.h"
#include "link/lease_times.h"

namespace leptir {

// How far a stop has come. Written by the master; never falls.
enum class Stopping : std::uint32_t {
  No,
  Drain,  // TERM: nothing new is leased, what runs may finish, what never began goes back
  Now,    // QUIT, or shutdown_grace is over: what runs is being ended
  Leave,  // the dispatcher is done: workers exit
};

// What the dispatcher has come to. Written by it; the master acts on it once the process has exited.
enum class DispatcherSays : std::uint32_t {
  Nothing,         // it runs, or it died
  Finished,        // stopped cleanly
  DrainedEmpty,    // --drain: every broker is empty
  DrainedUnknown,  // --drain: only tasks of unknown names are left
  StoreUnusable,   // a store can never be used as configured: exit status 69
  LeftToExpire,    // stopped, but a broker could not be told: its tasks come back when the session expires
  HandedOver,      // it was asked to leave everything as it stands, for the next one
};

// One broker's session, as all must see it.
struct BrokerLine {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  std::atomic<std::uint64_t> epoch{0};  // spent here before a request with it is sent; zero: none yet
  std::atomic<std::int64_t> leaseEndsBoot{
      kNever};  // BootTime in microseconds; kNever for sessions that live as long as their processes
  std::atomic<std::uint64_t> spentElsewhere{0};  // epochs up to this one may be another line's at the same store
  std::atomic<std::uint32_t> leasedAlone{0};     // what is held here but stands in no cell was leased by itself
  std::atomic<std::uint32_t> ended{0};  // a broker that the configuration no longer names: its session is closed
};

struct SharedPage {
  LeaseTimes leaseTimes;  // written before the first fork
  std::atomic<Stopping> stopping{Stopping::No};
  std::atomic<std::int64_t> masterBeat{0};  // BootTime in microseconds
  std::atomic<std::int64_t> dispatcherBeat{0};
  std::atomic<std::uint32_t> dispatcherSleeps{0};  // a worker that has something to say rings only then
  std::atomic<DispatcherSays> dispatcherSays{DispatcherSays::Nothing};
  std::atomic<std::uint32_t> handOver{0};      // the master: leave everything as it stands and end
  std::atomic<std::uint32_t> logsReopened{0};  // by the master: how often; the dispatcher follows
  std::atomic<std::uint64_t> brokersAway{
      1};  // a bit for each line: a broker without a session, as the dispatcher sees it
  std::atomic<std::int64_t> carefulUntil{0};  // BootTime: the dispatcher died too often, tasks are leased one at a time
  std::atomic<std::uint32_t> dispatcherDeaths{0};  // how often the master had to replace it
  BrokerLine brokers[kMaxBrokers];
};

// Whether a task of this broker and epoch may begin now.
bool mayBegin(const SharedPage& page, std::uint32_t broker, std::uint64_t epoch, BootTime now);

}  // namespace leptir
