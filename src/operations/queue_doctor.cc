// What the doctor says of queues.
#include <fmt/format.h>

#include <algorithm>

#include "base/duration_text.h"
#include "operations/cancel_notes.h"
#include "operations/doctor.h"

namespace leptir::operations {
namespace {

using namespace std::chrono_literals;

constexpr Duration kNoInstanceReportedAfter = 30s;  // an instance that starts needs less
constexpr Duration kGrowthReportedAfter = 10min;    // a pause that an operator surely remembers
constexpr Duration kPauseReportedAfter = 24h;       // also without tasks
constexpr std::uint64_t kManyBuried = 100;
constexpr std::size_t kMaxDueTasksCounted = 1'000;

class QueueDoctor {
 public:
  QueueDoctor(Stores& stores, std::size_t broker, const QueueView& queue, Findings& findings)
      : stores_(stores), broker_(broker), queue_(queue), findings_(findings) {}

  void examine() {
    examineInstances();
    examineBuried();
    examineCancels();
    for (const auto& pause : queue_.pauses) examinePause(pause);
  }

 private:
  void add(FindingSeverity severity, std::string kind, std::string what, std::string advice) {
    findings_.add({severity, std::move(kind), whereOf(stores_, broker_), std::move(what), std::move(advice)});
  }

  void examineInstances() {
    findings_.countExamined();
    const bool hasNoInstance =
        queue_.counts->due > 0 && queue_.instances == 0 && queue_.oldestDue >= kNoInstanceReportedAfter;
    if (!hasNoInstance || !storeListsInstances()) return;
    add(FindingSeverity::Problem, "due-without-instance",
        fmt::format("{} due, the oldest for {}, but no instance works for this queue", tasksAreText(queue_.counts->due),
                    base::durationText(*queue_.oldestDue)),
        "start an instance whose configuration has this broker");
  }

  bool storeListsInstances() const {
    const auto tells = askBroker(stores_, broker_, [](SimpleBroker& broker) -> Result<bool> {
      const auto traits = broker.traits();
      return traits.keepsSessions || traits.keepsFleet;
    });
    return tells && *tells;
  }

  void examineBuried() {
    findings_.countExamined();
    if (queue_.counts->buried < kManyBuried) return;
    add(FindingSeverity::Warning, "many-buried", fmt::format("{} buried", tasksAreText(queue_.counts->buried)),
        fmt::format("see why: leptir buried --broker={}; then revive or delete them", queue_.name));
  }

  // A note of a cancel that still runs is younger.
  void examineCancels() {
    findings_.countExamined();
    const auto notes = cancelNotesAt(stores_, broker_);
    if (!notes) return;
    const auto cutOff = std::ranges::count_if(
        *notes, [now = stores_.clock->now()](const std::string& note) { return isStaleCancelNote(note, now); });
    if (cutOff == 0) return;
    add(FindingSeverity::Warning, "cancel-cut-off",
        fmt::format("a cancel was cut off, so up to {} cancelled tasks have no record yet",
                    static_cast<std::size_t>(cutOff) * kMaxTasksPerChange),
        "the next cancel at this queue saves the records, also one of an id that does not exist: leptir cancel none");
  }

  // A task whose due time is later than the start of the pause was pushed, or became due, during the pause.
  void examinePause(const PausedTasks& pause) {
    findings_.countExamined();
    const auto pausedFor = stores_.clock->now() - pause.since;
    const auto dueSincePause = askBroker(stores_, broker_, [&](SimpleBroker& broker) {
      return broker.keeper().list({.state = TaskState::Due, .name = pause.name, .dueFrom = pause.since}, "",
                                  kMaxDueTasksCounted);
    });
    if (dueSincePause && !dueSincePause->tasks.empty() && pausedFor >= kGrowthReportedAfter)
      return addGrowth(pause, pausedFor, *dueSincePause);
    if (pausedFor >= kPauseReportedAfter)
      add(FindingSeverity::Note, "paused", describe(pause, pausedFor), resumeAdvice(pause));
  }

  void addGrowth(const PausedTasks& pause, Duration pausedFor, const TaskList& dueSincePause) {
    add(FindingSeverity::Warning, "paused-queue-grows",
        fmt::format("{}; {}{} newly due since then", describe(pause, pausedFor),
                    dueSincePause.cursor.empty() ? "" : "at least ", tasksAreText(dueSincePause.tasks.size())),
        resumeAdvice(pause));
  }

  static std::string describe(const PausedTasks& pause, Duration pausedFor) {
    return fmt::format(
        "{} by {} for {}",
        pause.name.empty() ? "the queue has been paused" : "tasks of the name " + pause.name + " have been paused",
        pause.by, base::durationText(pausedFor));
  }

  std::string resumeAdvice(const PausedTasks& pause) const {
    return fmt::format("leptir resume --broker={}{}, if the reason for the pause is gone", queue_.name,
                       pause.name.empty() ? "" : " --name=" + pause.name);
  }

  Stores& stores_;
  const std::size_t broker_;
  const QueueView& queue_;
  Findings& findings_;
};

}  // namespace

void examineQueues(Stores& stores, const std::vector<QueueView>& queues, Findings& findings) {
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (queues[i].counts) QueueDoctor(stores, i, queues[i], findings).examine();
  }
}

}  // namespace leptir::operations
