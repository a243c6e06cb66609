#include "aws/json_client_requests.h"

#include <algorithm>
#include <random>

#include "aws/connection_to_aws.h"
#include "base/duration_text.h"

namespace leptir::aws {
namespace {

BootTime now() {
  return systemClock().bootTime();
}

Result<http::HttpUrl> readEndpoint(const JsonClientOptions& options) {
  auto url = http::parseHttpUrl(options.endpoint);
  if (!url) return url.error().in("endpoint");
  if (!url->user.empty() || !url->query.empty())
    return Error(ErrorCode::Invalid, url->origin() + ": an endpoint has no user and no query");
  if (options.region.empty())
    return Error(ErrorCode::Invalid, url->origin() + ": the region is not known: name it in 'region'");
  return url;
}

// NotFound becomes Invalid: the user must configure credentials.
Error credentialsError(const Error& error) {
  const auto code = error.code() == ErrorCode::NotFound ? ErrorCode::Invalid : error.code();
  return Error(code, error.message()).in("AWS credentials");
}

}  // namespace

JsonClient::Implementation::Implementation(JsonClientOptions options, std::unique_ptr<CredentialSource> credentials)
    : options_(std::move(options)),
      endpoint_(readEndpoint(options_)),
      connection_(connectionToAws(options_.caFile, options_.connectTimeout)),
      credentials_(std::move(credentials)),
      serviceClock_(*options_.clock),
      pause_(std::random_device()()),
      loop_(options_.connections) {}

JsonClient::Implementation::~Implementation() {
  for (auto& [number, pending] : requests_) removeTransfer(pending);
}

JsonClient::Number JsonClient::Implementation::start(JsonRequest request) {
  const auto number = ++last_;
  auto& pending = requests_[number];
  pending.deadline = now() + request.limit;
  pending.request = std::move(request);
  if (!endpoint_)
    end(number, pending, endpoint_.error());
  else if (!isSameProcess())
    end(number, pending,
        Error(ErrorCode::Internal, endpoint_->origin() + ": a forked process must not use this client"));
  else
    waiting_.insert(number);
  if (isSameProcess()) work();
  return number;
}

std::optional<Result<JsonAnswer>> JsonClient::Implementation::take(Number number) {
  const auto found = requests_.find(number);
  if (found == requests_.end())
    return Result<JsonAnswer>(Error(ErrorCode::Internal, "the result of this request was taken before"));
  if (!found->second.hasEnded) return std::nullopt;
  auto result = std::move(found->second.outcome);
  abandon(number);
  return result;
}

void JsonClient::Implementation::abandon(Number number) {
  const auto found = requests_.find(number);
  if (found == requests_.end()) return;
  removeTransfer(found->second);
  requests_.erase(found);
  waiting_.erase(number);
  unreported_.erase(number);
}

bool JsonClient::Implementation::takeEnded() {
  const bool hasEnded = !unreported_.empty();
  unreported_.clear();
  return hasEnded;
}

void JsonClient::Implementation::work() {
  do {
    beginSends();
    loop_.work();
    collectEnded();
  } while (!waiting_.empty() && inFlight_ < options_.connections && pause_.next() <= now());
  endOverdue();
}

bool JsonClient::Implementation::waitOnce(BootTime until, Wake* wake) {
  for (const auto number : waiting_) until = std::min(until, requests_.at(number).deadline);
  if (!waiting_.empty() && inFlight_ < options_.connections) until = std::min(until, pause_.next());
  return loop_.wait(until, wake);
}

void JsonClient::Implementation::beginSends() {
  while (!waiting_.empty() && inFlight_ < options_.connections && pause_.next() <= now()) {
    const auto number = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    send(number, requests_.at(number));
  }
}

void JsonClient::Implementation::send(Number number, PendingRequest& pending) {
  const auto credentials = credentials_.at(serviceClock_.now(), pending.deadline - now());
  if (!credentials) return end(number, pending, credentialsError(credentials.error()));
  const auto left = pending.deadline - now();
  if (left <= Duration::zero()) return end(number, pending);
  auto connection = connection_;
  connection.timeout = left;
  http::Handle handle = idleHandles_.empty() ? http::makeHandle() : std::move(idleHandles_.back());
  if (!idleHandles_.empty()) idleHandles_.pop_back();
  pending.transfer = std::make_unique<SignedTransfer>(
      std::move(handle),
      TransferOptions{*endpoint_, options_.region, options_.service, pending.request.target, pending.request.body,
                      *credentials, serviceClock_.now(), std::move(connection)},
      number);
  if (!pending.transfer->isReady() || !loop_.add(pending.transfer->handle())) {
    pending.transfer.reset();
    return end(number, pending, Error(ErrorCode::Unavailable, endpoint_->origin() + ": out of memory"));
  }
  ++inFlight_;
  pause_.noteSend(now());
}

void JsonClient::Implementation::collectEnded() {
  while (const auto ended = loop_.nextEnded()) endTransfer(ended->handle, ended->code);
}

void JsonClient::Implementation::endTransfer(CURL* handle, CURLcode code) {
  const auto number = SignedTransfer::numberOf(handle);
  auto& pending = requests_.at(number);
  auto answer = pending.transfer->result(code);
  const auto transfer = std::move(pending.transfer);
  loop_.remove(handle);
  --inFlight_;
  counts_.connections += static_cast<std::uint64_t>(transfer->newConnections());
  if (transfer->wasSent()) {
    ++counts_.sent;
    if (++pending.sends > 1) ++counts_.repeated;
  }
  judge(number, pending, *transfer, std::move(answer));
  idleHandles_.push_back(transfer->takeHandle());
}

void JsonClient::Implementation::removeTransfer(PendingRequest& pending) {
  if (pending.transfer == nullptr) return;
  if (pending.transfer->wasSent()) ++counts_.sent;
  loop_.remove(pending.transfer->handle());
  pending.transfer.reset();
  --inFlight_;
}

void JsonClient::Implementation::endOverdue() {
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const auto number = *next++;
    auto& pending = requests_.at(number);
    if (pending.deadline <= now()) end(number, pending);
  }
}

// Without a result of its last send, it was never sent.
void JsonClient::Implementation::end(Number number, PendingRequest& pending) {
  if (!pending.outcome)
    pending.outcome = Error(ErrorCode::Unavailable, endpoint_->origin() + ": not sent within " +
                                                        base::durationText(pending.request.limit) +
                                                        ", since the service refuses requests or cannot be reached");
  pending.hasEnded = true;
  waiting_.erase(number);
  unreported_.insert(number);
}

void JsonClient::Implementation::end(Number number, PendingRequest& pending, Result<JsonAnswer> result) {
  pending.outcome = std::move(result);
  end(number, pending);
}

}  // namespace leptir::aws
