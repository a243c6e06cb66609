// StoreCall: names the calls of a store, by the functions of the interfaces in leptir/spi/.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

namespace leptir::testing {

enum class StoreCall {
  // SimpleBroker
  Push,
  Count,
  OpenSession,
  ResumeSession,
  EndSessionsOfInstance,
  Recover,
  // BrokerSession
  Pop,
  Renew,
  Acknowledge,
  AcknowledgeAndPop,
  Release,
  LeaseAgain,
  Bury,
  ListHeld,
  CloseSession,
  // TaskKeeper
  Find,
  Remove,
  Cancel,
  ListBuried,
  Revive,
  ListTasks,
  EarliestDue,
  RemoveMany,
  Reschedule,
  ListSessions,
  // BuriedLookup
  FindBuried,
  // FleetStore
  FleetPut,
  FleetPutIfAbsent,
  FleetErase,
  FleetGet,
  FleetList,
  FleetVersion,
  // SimpleMetaStorage
  SaveRecords,
  LoadRecord,
  LoadRecords,
  ListRecords,
  ListRecordsByCursor,
  ExpireRecords,
  // SimpleBroker and SimpleMetaStorage
  Examine,
};

// The word for a call in error messages.
constexpr std::string_view nameOf(StoreCall call) {
  constexpr std::string_view kNames[] = {"push",
                                         "count",
                                         "open",
                                         "resume",
                                         "end sessions",
                                         "recover",
                                         "pop",
                                         "renew",
                                         "acknowledge",
                                         "acknowledge and pop",
                                         "release",
                                         "lease again",
                                         "bury",
                                         "held",
                                         "close",
                                         "find",
                                         "remove",
                                         "cancel",
                                         "list buried",
                                         "revive",
                                         "list tasks",
                                         "earliest due",
                                         "remove many",
                                         "reschedule",
                                         "list sessions",
                                         "find buried",
                                         "put text",
                                         "put text if absent",
                                         "erase text",
                                         "get text",
                                         "list texts",
                                         "version of texts",
                                         "save",
                                         "load",
                                         "load many",
                                         "list",
                                         "list by cursor",
                                         "expire",
                                         "examine"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(StoreCall::Examine) + 1);
  return kNames[static_cast<std::size_t>(call)];
}

}  // namespace leptir::testing
