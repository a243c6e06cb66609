#include "config/store_circuit_breaker.h"

#include <array>

namespace leptir::config {

std::optional<Error> StoreCircuitBreaker::failureOf(const std::string& server) {
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(server);
  if (found == failures_.end()) return std::nullopt;
  if (clock_.bootTime() - found->second.at < kNotAskedAgainFor) return found->second.error;
  failures_.erase(found);
  return std::nullopt;
}

// A store that is missing, or that objects to its configuration, has answered.
void StoreCircuitBreaker::rememberSlowFailure(const std::string& server, const Error& error, BootTime began) {
  const bool isSilence = error.code() == ErrorCode::Unavailable || error.code() == ErrorCode::TimedOut;
  const auto now = clock_.bootTime();
  if (!isSilence || now - began < kSlowFailureThreshold) return;
  const std::lock_guard lock(mutex_);
  failures_.insert_or_assign(server, Failure{error, now});
}

// The parts of a connection that say where the server is. A connection with none of them is compared as a whole: it is
// of a backend of another project.
std::string serverOf(const std::string& type, const Json& connection) {
  constexpr std::array kParts{"scheme", "uri", "host", "port", "path", "sqs_queue", "endpoint"};
  Json place = Json::object();
  for (const auto* part : kParts) {
    if (const auto found = connection.find(part); found != connection.end()) place[part] = *found;
  }
  return type + " " + writeJson(place.empty() ? connection : place);
}

}  // namespace leptir::config
