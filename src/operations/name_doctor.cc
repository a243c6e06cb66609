// What the doctor says of task names.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "broker/filter_parts.h"
#include "operations/doctor.h"
#include "operations/known_names.h"
#include "operations/selection.h"

namespace leptir::operations {
namespace {

constexpr std::size_t kMaxTasksPerStateRead = 1'000;  // of the due ones, and of the scheduled ones
constexpr std::size_t kMaxNamesListed = 5;
constexpr std::uint64_t kMinTasksJudged = 20;
constexpr Duration kMaxAgeOfRecentEnd = std::chrono::hours(1);

std::string_view withoutLeadingBackslash(const std::string& name) {
  return broker::withoutBackslash(name);
}

class NameDoctor {
 public:
  NameDoctor(Stores& stores, std::size_t broker, Findings& findings)
      : stores_(stores), broker_(broker), findings_(findings) {}

  void examine() {
    for (const auto state : {TaskState::Due, TaskState::Scheduled}) {
      if (!tryReadTasks(state)) return;
    }
    if (const auto known = taskNamesKnownAt(stores_, broker_)) addUnknown(*known);
    addRetried();
  }

 private:
  struct WaitingCounts {
    std::uint64_t tasks = 0, retried = 0;
  };

  bool tryReadTasks(TaskState state) {
    const auto list = askBroker(stores_, broker_, [&](SimpleBroker& broker) {
      return broker.keeper().list({.state = state}, "", kMaxTasksPerStateRead);
    });
    if (!list) return false;
    for (const auto& found : list->tasks) {
      const auto task = listedTaskOf(found, "");
      auto& waiting = waiting_[std::string(withoutLeadingBackslash(task.name))];
      ++waiting.tasks;
      if (task.counters.failures > 0) ++waiting.retried;
    }
    return true;
  }

  void addUnknown(const TaskNames& known) {
    findings_.countExamined(waiting_.size());
    std::string names;
    std::size_t namesListed = 0;
    for (const auto& [name, waiting] : waiting_) {
      if (name.empty() || known.contains(name)) continue;
      if (++namesListed <= kMaxNamesListed)
        names += fmt::format("{}{} ({})", namesListed > 1 ? ", " : "", name, waiting.tasks);
    }
    if (namesListed == 0) return;
    findings_.add(
        {FindingSeverity::Problem, "unknown-name", whereOf(stores_, broker_),
         fmt::format("tasks wait whose names no instance knows: {}{}", names,
                     namesListed > kMaxNamesListed ? fmt::format(" and {} more", namesListed - kMaxNamesListed) : ""),
         "start an instance whose program or configuration has these names, or cancel the tasks (leptir "
         "cancel --name=…)"});
  }

  void addRetried() {
    findings_.countExamined(waiting_.size());
    for (const auto& [name, waiting] : waiting_) {
      if (waiting.retried < kMinTasksJudged || waiting.retried * 2 < waiting.tasks) continue;
      findings_.add(
          {FindingSeverity::Warning, "many-retries", whereOf(stores_, broker_),
           fmt::format("{} of {} waiting tasks of the name {} have failed before and wait for another attempt",
                       waiting.retried, waiting.tasks, name),
           fmt::format("see why they fail: leptir tasks --name={}; meanwhile "
                       "leptir pause --name={} keeps them from using up their attempts",
                       name, name)});
    }
  }

  Stores& stores_;
  const std::size_t broker_;
  Findings& findings_;
  std::map<std::string, WaitingCounts> waiting_;  // by name
};

// A storage that lists failures only cannot tell how many runs there were.
void examineFailureRates(const Stores& stores, const NamesView& view, Findings& findings) {
  if (!view.readsSuccesses) return;
  findings.countExamined(view.names.size());
  for (const auto& name : view.names) {
    const bool isRecent = name.lastEnded && stores.clock->now() - *name.lastEnded < kMaxAgeOfRecentEnd;
    if (!isRecent || name.runs < kMinTasksJudged || name.failed * 2 < name.runs) continue;
    findings.add({FindingSeverity::Warning, "fails-often", "task name " + name.name,
                  fmt::format("{} of its last {} runs failed", name.failed, name.runs),
                  fmt::format("see why: leptir tasks --state=failed --name={}", name.name)});
  }
}

}  // namespace

void examineNames(Stores& stores, const NamesView& names, Findings& findings) {
  for (std::size_t i = 0; i < stores.queues.size(); ++i) NameDoctor(stores, i, findings).examine();
  examineFailureRates(stores, names, findings);
}

}  // namespace leptir::operations
