// What the store keeps: a task, a session or a record, each in a file of its own.
//
// The first line of a file is JSON with the fields below; the bytes behind it are the body: the envelope or the record,
// unchanged. "A lease returns the stored bytes; they may be no valid envelope" (broker_task.h), so they cannot stand
// inside of JSON, which holds UTF-8 only. Times are microseconds since 1970, numbers are those of Numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "leptir/json.h"
#include "leptir/spi/meta_info.h"
#include "leptir/spi/task_keeper.h"

namespace folder {

using leptir::Counters, leptir::Duration, leptir::FoundTask, leptir::Json, leptir::LeasedTask, leptir::SessionId,
    leptir::TaskState, leptir::Time;

struct StoredTask {
  std::string id{};
  std::uint64_t number = 0;  // of its push: tasks of one time are leased in this order
  std::int64_t due = 0;
  std::string session{};      // nameOf the session that has leased the task; empty: it is not leased
  std::uint64_t lease = 0;    // number of its last lease
  std::string cancelledBy{};  // user@host; empty: no cancel request
  std::uint64_t burial = 0;   // number of its burial; 0: it is not buried
  std::string reason{};       // why it is buried
  std::uint32_t failures = 0, crashes = 0, expiries = 0, unknown = 0;
  std::string body{};  // the envelope

  const std::string& key() const { return id; }
};

struct StoredSession {
  std::string instance{};
  std::uint64_t epoch = 0;
  bool isOpen = true;  // false: claimed or closed; it is kept for a while, since an epoch is used once
  std::int64_t expires = 0;
  std::string host{}, version{};
  int pid = 0, workers = 0;
  std::string body{};  // empty

  const std::string& key() const { return instance; }
  SessionId id() const { return {instance, epoch}; }
};

struct StoredRecord {
  std::string id{};
  std::uint64_t lease = 0;
  int step = 0;              // leptir::MetaStep
  std::uint64_t number = 0;  // of its last save: the newest record has the largest
  std::int64_t saved = 0;
  std::string body{};  // the record as JSON

  const std::string& key() const { return id; }
};

// The content of a file, and back. None: the bytes are not what contentOf writes.
std::string contentOf(const StoredTask& task);
std::string contentOf(const StoredSession& session);
std::string contentOf(const StoredRecord& record);
template <class Stored>
std::optional<Stored> storedIn(std::string_view content);

std::int64_t microsOf(Time time);
Time timeOf(std::int64_t micros);
std::string nameOf(const SessionId& session);

Counters countersOf(const StoredTask& task);
void setCounters(StoredTask& task, const Counters& counters);
TaskState stateOf(const StoredTask& task, Time now);
LeasedTask leasedTaskOf(const StoredTask& task);
FoundTask foundTaskOf(const StoredTask& task, Time now);
// A buried task is not leased, and its cancel request is forgotten. `number`: of the burial.
void bury(StoredTask& task, std::string reason, std::uint64_t number);

}  // namespace folder
