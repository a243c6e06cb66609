// The texts of the scripts in the folder scripts, each with the shared functions that it includes. CMake makes the
// source file (cmake/RedisScripts.cmake).
#pragma once

#include <string_view>

namespace leptir::redis::lua {

extern const std::string_view kAcknowledgeTasks;
extern const std::string_view kBuryTasks;
extern const std::string_view kBuryTooLarge;
extern const std::string_view kCancelRequestsOf;
extern const std::string_view kChangeRecordIndex;
extern const std::string_view kClaimSessions;
extern const std::string_view kCountTasks;
extern const std::string_view kDescribeSessions;
extern const std::string_view kEarliestDue;
extern const std::string_view kEndSessions;
extern const std::string_view kFleetErase;
extern const std::string_view kFleetGet;
extern const std::string_view kFleetList;
extern const std::string_view kFleetPut;
extern const std::string_view kGiveBackTasks;
extern const std::string_view kLeaseTasks;
extern const std::string_view kListLeaseNumbers;
extern const std::string_view kListMembers;
extern const std::string_view kListSessionNames;
extern const std::string_view kMembersAtScores;
extern const std::string_view kOpenSession;
extern const std::string_view kPushTasks;
extern const std::string_view kReleaseTasks;
extern const std::string_view kRemoveBuried;
extern const std::string_view kRemoveBuriedTasks;
extern const std::string_view kRemoveTasks;
extern const std::string_view kRemoveWaiting;
extern const std::string_view kRenewSession;
extern const std::string_view kReplaceRecord;
extern const std::string_view kReplaceRecordInHash;
extern const std::string_view kRequestCancel;
extern const std::string_view kRescheduleTasks;
extern const std::string_view kReviveTasks;
extern const std::string_view kScanQueue;
extern const std::string_view kScanScore;
extern const std::string_view kTryQueueRights;
extern const std::string_view kTryRecordRights;

}  // namespace leptir::redis::lua
