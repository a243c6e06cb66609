#include "dispatcher/sigterm_wait.h"

#include <csignal>
#include <utility>

namespace leptir::dispatcher {
namespace {

// A program that SIGTERM ended within this time before or after the beginning of a stop was ended by the stop.
constexpr Duration kSigtermWindow = std::chrono::seconds(1);

}  // namespace

bool SigtermWait::concerns(const Outcome& outcome) {
  return outcome.cause == Cause::Crashed && outcome.signal == SIGTERM;
}

void SigtermWait::add(event::CellDone done, const Step& step) {
  waiting_.push_back({std::move(done), step.now.boot});
}

std::vector<event::CellDone> SigtermWait::takeDecided(const Step& step) {
  std::vector<event::CellDone> decided;
  std::vector<Waiting> undecided;
  for (auto& [done, since] : std::exchange(waiting_, {})) {
    if (!step.stoppedAt && step.now.boot - since < kSigtermWindow) {
      undecided.push_back({std::move(done), since});
      continue;
    }
    if (step.stoppedAt && since - *step.stoppedAt <= kSigtermWindow) done.outcome->cause = Cause::GaveBack;
    decided.push_back(std::move(done));
  }
  waiting_ = std::move(undecided);
  return decided;
}

}  // namespace leptir::dispatcher
