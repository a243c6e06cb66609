// All that the screen shows, as it was known at one moment. A value: the model makes one, and the view reads it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leptir/operations/fleet_view.h"
#include "leptir/operations/listed_task.h"
#include "leptir/operations/task_action.h"
#include "top/rates.h"

namespace leptir::top {

// The state of the repeated question to one store: whether it waits for an answer, and how the last answer ended.
struct StoreAnswer {
  std::string store{};             // as the screen names it: "local", "records"
  std::optional<Time> asked{};     // when the question was sent that has no answer yet
  std::optional<Time> answered{};  // the last answer
  std::string error{};             // of the last answer; empty: it was good
};

// What a page shows of one task.
enum class TaskAspect { Details, Log, Stack };

struct TaskTextQuery {
  std::string id{};
  TaskAspect aspect = TaskAspect::Details;
  friend bool operator==(const TaskTextQuery&, const TaskTextQuery&) = default;
};

// A page of the tasks in one state.
struct TaskQuery {
  std::string broker{};  // empty: of records, and of all brokers
  ListedState state = ListedState::Due;
  std::string cursor{};  // empty: the first page
  friend bool operator==(const TaskQuery&, const TaskQuery&) = default;
};

// The answer to the question of a page, or the fact that none has come yet.
struct TaskText {
  TaskTextQuery textQuery{};
  std::string text{};  // several lines
  std::string error{};
  std::optional<Time> answeredAt{};  // of the answer; none: there is none yet
};

struct TaskRows {
  TaskQuery query{};
  std::vector<ListedTask> tasks{};
  std::string next{};  // the cursor of the next page; empty: this is the last one
  std::string error{};
  std::optional<Time> answeredAt{};
};

// How many tasks an action would change; `countId` is the number of the request.
struct TaskCount {
  std::uint64_t countId = 0;
  ActionPreview preview{};
  std::string error{};
};

// What became of the last action.
struct ActionNews {
  std::string text{};
  enum class Kind { Running, Done, Failed } kind = Kind::Done;
  Time at{};
};

struct Snapshot {
  Time now{};
  std::vector<StoreAnswer> answers{};
  std::vector<QueueView> queues{};
  std::map<std::string, double> growth{};  // of due tasks a second, by queue
  std::vector<InstanceView> instances{};
  std::vector<ListedTask> failures{};  // the newest first
  std::optional<Rates> rates{};
  RateHistory history{};
  TaskText text{};
  TaskRows rows{};
  std::optional<TaskCount> count{};
  std::optional<ActionNews> news{};
};

}  // namespace leptir::top
