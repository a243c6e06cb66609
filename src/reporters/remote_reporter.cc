#include "reporters/remote_reporter.h"

#include <stdexcept>
#include <utility>

namespace leptir::reporters {

void RemoteReporter::reportException(const ThrownError& exception) {
  error_.thrown = exception;
  error_.message = exception.message;
  send();
}

void RemoteReporter::reportMessage(const std::string& message) {
  error_.message = message;
  send();
}

void RemoteReporter::send() {
  auto error = std::exchange(error_, {});
  error.lostBefore = delivery_.lostSinceLastSuccess();
  const auto sent = delivery_.deliver(requestFor(error), stopToken());
  if (!sent) throw std::runtime_error(sent.error().message());
}

}  // namespace leptir::reporters
