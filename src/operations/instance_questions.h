// Asks instances through their stores, and waits for an answer.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fleet/question.h"
#include "leptir/json.h"
#include "leptir/operations/fleet_view.h"
#include "operations/stores.h"

namespace leptir::operations {

struct InstanceQuestion {
  fleet::Question::Kind kind = fleet::Question::Kind::Log;
  std::string taskId{};
  Duration longestWait{};
  std::function<bool(const Json&)> isAnswer{};  // false: the instance does not run the task that is meant
};

struct InstanceAnswer {
  InstanceView instance{};
  Json json{};
};

// Asks all of these instances at once, at least one. Returns the first answer for which `isAnswer` is true.
//
// Otherwise an error of the first instance that has one: Unsupported: the instance answers no questions, or no store of
// it keeps them. TimedOut: no answer came within `longestWait`. Errors that the instance answers. Only if there is no
// such error, Invalid: none of them runs the task.
Result<InstanceAnswer> askInstances(Stores& stores, std::vector<InstanceView> instances,
                                    const InstanceQuestion& question);

}  // namespace leptir::operations
