#include "tests/support/sqs_fault.h"

namespace leptir {

void SqsFaults::inject(const std::string& action, const SqsFault& fault) {
  const std::lock_guard lock(mutex_);
  injected_.emplace_back(action, fault);
}

void SqsFaults::clear() {
  const std::lock_guard lock(mutex_);
  injected_.clear();
}

int SqsFaults::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

std::optional<SqsFault> SqsFaults::take(const std::string& action, std::string_view body) {
  const std::lock_guard lock(mutex_);
  for (auto& [wanted, fault] : injected_) {
    if (fault.times == 0 || (wanted != "*" && wanted != action)) continue;
    if (body.find(fault.containing) == std::string_view::npos) continue;
    if (fault.skip > 0) {
      --fault.skip;
      continue;
    }
    if (fault.times != SqsFault::kAlways) --fault.times;
    ++taken_;
    return fault;
  }
  return std::nullopt;
}

}  // namespace leptir
