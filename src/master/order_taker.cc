#include "master/order_taker.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/limits.h"

namespace leptir::master {

using link::OrderKind;

void OrderTaker::tick(BootTime now) {
  for (auto& broker : context_.link.page().brokers) {
    const auto given = broker.order.given.load();
    if (given == broker.order.taken.load()) continue;
    obey(link::OrderWord::unpack(given), now);
    broker.order.taken = given;
  }
}

// What a signal can do, a signal does: the master reads it from its own queue in the next round.
void OrderTaker::obey(const link::OrderWord& order, BootTime now) {
  switch (order.kind) {
    case OrderKind::Stop:
      ::kill(::getpid(), SIGTERM);
      return;
    case OrderKind::StopNow:
      ::kill(::getpid(), SIGQUIT);
      return;
    case OrderKind::Reload:
      ::kill(::getpid(), SIGHUP);
      return;
    case OrderKind::Drain:
      return setDrained(true);
    case OrderKind::Resume:
      return setDrained(false);
    case OrderKind::SetWorkers:
      return reloader_.setWorkers(std::clamp(order.workers, 1, base::kMaxWorkers), now);
  }
}

void OrderTaker::setDrained(bool drained) {
  context_.link.page().drained = drained ? 1 : 0;
  context_.link.dispatcherBell().ring();
}

}  // namespace leptir::master
