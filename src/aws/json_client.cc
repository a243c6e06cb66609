#include "aws/json_client.h"

#include "aws/json_client_requests.h"

namespace leptir::aws {

JsonClient::JsonClient(JsonClientOptions options, std::unique_ptr<CredentialSource> credentials)
    : implementation_(std::make_unique<Implementation>(std::move(options), std::move(credentials))) {}

// A forked process has copies of the connections: to close them would tell the service that this one closes them.
JsonClient::~JsonClient() {
  if (implementation_->isSameProcess()) return;
  [[maybe_unused]] const auto* leftAlone = implementation_.release();
}

JsonClient::Number JsonClient::start(JsonRequest request) {
  return implementation_->start(std::move(request));
}

std::optional<Result<JsonAnswer>> JsonClient::take(Number request) {
  return implementation_->take(request);
}

void JsonClient::wait(Duration longest, Wake* wake) {
  if (!implementation_->isSameProcess()) return;
  const auto until = systemClock().bootTime() + longest;
  bool isRung = false;
  do {
    implementation_->work();
    if (isRung || implementation_->takeEnded() || systemClock().bootTime() >= until) return;
    isRung = implementation_->waitOnce(until, wake);
  } while (true);
}

void JsonClient::abandon(Number request) {
  if (implementation_->isSameProcess()) implementation_->abandon(request);
}

Result<JsonAnswer> JsonClient::perform(JsonRequest request) {
  const auto number = start(std::move(request));
  for (;;) {
    if (auto result = take(number)) return *std::move(result);
    implementation_->waitOnce(BootTime::max(), nullptr);
    implementation_->work();
  }
}

Time JsonClient::serviceTime() const {
  return implementation_->serviceTime();
}

RequestCounts JsonClient::counts() const {
  return implementation_->counts();
}

}  // namespace leptir::aws
