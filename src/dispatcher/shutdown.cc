#include "dispatcher/shutdown.h"

#include <string>

namespace leptir::dispatcher {
namespace {

// How long a stop waits for stores that do not answer, once no task runs any more.
constexpr Duration kStopPatience = std::chrono::seconds(10);

std::string describeUnsettled(std::size_t haveRun) {
  if (haveRun == 0) return "Tasks that have not begun cannot be given back";
  return std::to_string(haveRun) + (haveRun == 1 ? " task that has run" : " tasks that have run") +
         " cannot be settled";
}

}  // namespace

void Shutdown::begin(Step& step) {
  stoppedAt_ = step.stoppedAt = step.now.boot;
}

void Shutdown::finishWhenDone(Step& step) {
  if (hasRequestedClose_) return;
  if (!uses_.leases.isEmpty()) {
    if (step.isStopping()) finishWhenStuck(step);
  } else if (step.isStopping()) {
    close(SessionClose::ReleaseLeases, step);
  } else if (uses_.drain.isDone()) {
    uses_.drain.logUnknownNames(step);
    begin(step);
    close(SessionClose::ReleaseLeases, step);
  }
}

// A store that is down must not keep an instance from ending. Tasks that could not be settled return to the queue when
// their session expires, and run again.
void Shutdown::finishWhenStuck(Step& step) {
  if (uses_.slots.unended() > 0 || !stuckSince_) stuckSince_ = step.now.boot;
  if (step.now.boot - *stuckSince_ < kStopPatience) return;
  step.log(LogLevel::Error, describeUnsettled(uses_.slots.used()) +
                                ": a store is down. What is leased returns to the queue when the session expires, and "
                                "runs again.");
  close(SessionClose::LeaveToExpire, step);
}

void Shutdown::close(SessionClose how, Step& step) {
  hasRequestedClose_ = true;
  step.actions.closeSessions = how;
}

}  // namespace leptir::dispatcher
