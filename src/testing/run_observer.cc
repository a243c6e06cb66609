#include "testing/run_observer.h"

#include <utility>

namespace leptir::testing {

ObservedRun RunObserver::run(task::Executor& executor, task::TaskEnvironment environment, std::string_view parameters) {
  observed_.id = environment.id;
  observed_.name = environment.name;
  observed_.attempt = environment.attempt;
  environment.onLoggedLine = [this](LogLevel level, std::string_view message) { noteLine(level, message); };
  environment.onProgress = [this, also = std::move(environment.onProgress)](double fraction, std::string_view text) {
    noteProgress(fraction, text);
    if (also) also(fraction, text);
  };
  environment.onEnd = [this](const task::TaskRun& run) { observed_.responseLines = run.responseLines; };
  auto outcome = executor.run(std::move(environment), parameters);
  const std::lock_guard lock(mutex_);
  observed_.outcome = std::move(outcome);
  observed_.states = observed_.outcome.flow;
  if (!observed_.outcome.result.empty()) observed_.result = Json::parse(observed_.outcome.result);
  return std::move(observed_);
}

void RunObserver::noteLine(LogLevel level, std::string_view message) {
  const std::lock_guard lock(mutex_);
  observed_.log.push_back({level, std::string(message)});
}

void RunObserver::noteProgress(double fraction, std::string_view text) {
  const std::lock_guard lock(mutex_);
  observed_.progress.push_back({fraction, std::string(text)});
}

}  // namespace leptir::testing
