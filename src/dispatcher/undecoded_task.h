// A leased task whose envelope is not decoded: it is no envelope, or may be what crashes dispatchers.
#pragma once

#include <string>
#include <utility>

#include "dispatcher/broker_sessions.h"
#include "dispatcher/task_stock.h"

namespace leptir::dispatcher {

// Of the open session of a broker. `id`: what is known of the id of the task, or empty.
inline StockedTask undecodedTask(std::uint32_t broker, const BrokerSessions& sessions, LeasedTask leased,
                                 std::string id) {
  StockedTask stocked{.task = {.broker = broker,
                               .epoch = sessions.epochOf(broker),
                               .lease = std::move(leased.lease),
                               .counters = leased.counters,
                               .head = {}},
                      .envelope = std::move(leased.envelope),
                      .since = {}};
  stocked.task.head.id = std::move(id);
  return stocked;
}

}  // namespace leptir::dispatcher
