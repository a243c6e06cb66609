// What becomes of a request after it was sent: the second part of json_client_requests.h.
#include "aws/json_client_requests.h"
#include "http/ascii.h"

namespace leptir::aws {
namespace {

constexpr int kMaxFailedConnections = 3, kMaxCorrections = 2;

// The beginning and the end of the document are there; what is between them is the caller's business.
bool looksLikeJsonObject(std::string_view body) {
  const auto text = http::trimmed(body);
  return text.starts_with('{') && text.ends_with('}');
}

Error noJsonError(const http::HttpUrl& endpoint) {
  return Error(ErrorCode::Invalid,
               endpoint.origin() + ": the answer is no JSON object: is this the endpoint of the service?");
}

}  // namespace

void JsonClient::Implementation::judge(Number number, PendingRequest& pending, const SignedTransfer& transfer,
                                       Result<http::HttpAnswer> answer) {
  if (!answer) return judgeFailure(number, pending, transfer, answer.error());
  if (!answer->isSuccess()) return judgeError(number, pending, transfer, *answer);
  pause_.noteSuccess(transfer.sentAt());
  // Some operations answer with nothing.
  if (!answer->body.empty() && !looksLikeJsonObject(answer->body)) return end(number, pending, noJsonError(*endpoint_));
  auto body = answer->body.empty() ? std::string("{}") : std::move(answer->body);
  end(number, pending, JsonAnswer{.status = answer->status, .body = std::move(body)});
}

// No complete answer came.
void JsonClient::Implementation::judgeFailure(Number number, PendingRequest& pending, const SignedTransfer& transfer,
                                              const Error& error) {
  pending.outcome = error.in(endpoint_->origin());
  if (error.code() != ErrorCode::Unavailable) return end(number, pending);
  pause_.noteFailure(transfer.sentAt(), systemClock().bootTime(), {});
  const bool mayRepeat = transfer.wasSent() ? pending.request.repeat == Repeat::Always
                                            : pending.request.repeat != Repeat::Never &&
                                                  ++pending.failedConnections < kMaxFailedConnections;
  mayRepeat ? sendAgain(number, pending) : end(number, pending);
}

void JsonClient::Implementation::judgeError(Number number, PendingRequest& pending, const SignedTransfer& transfer,
                                            const http::HttpAnswer& answer) {
  auto error = readServiceError(answer);
  pending.outcome =
      JsonAnswer{.status = answer.status, .body = answer.body, .errorCode = error.code, .errorMessage = error.message};
  const bool isTrouble = error.treatment == Treatment::Throttled || error.treatment == Treatment::Refused ||
                         error.treatment == Treatment::UnknownOutcome;
  if (error.treatment == Treatment::Throttled) ++counts_.throttled;
  if (isTrouble)
    pause_.noteFailure(transfer.sentAt(), systemClock().bootTime(), answer.retryAfter);
  else
    pause_.noteSuccess(transfer.sentAt());
  const bool isCorrected = correct(error, transfer, answer, pending.deadline - systemClock().bootTime());
  mayRepeat(error, pending, isCorrected) ? sendAgain(number, pending) : end(number, pending);
}

// Returns whether the request was signed with a time or with credentials that have been replaced.
bool JsonClient::Implementation::correct(const ServiceError& error, const SignedTransfer& transfer,
                                         const http::HttpAnswer& answer, Duration longest) {
  if (error.treatment == Treatment::Credentials) return credentials_.replace(transfer.credentials(), longest);
  const auto date = answer.headers.find("date");
  if (!mayMeanClockSkew(error.code) || date == answer.headers.end()) return false;
  return serviceClock_.correct(date->second, transfer.signedAt());
}

bool JsonClient::Implementation::mayRepeat(const ServiceError& error, PendingRequest& pending, bool isCorrected) const {
  if (pending.request.repeat == Repeat::Never) return false;
  switch (error.treatment) {
    case Treatment::Throttled:
    case Treatment::Refused:
      return true;
    case Treatment::UnknownOutcome:
      return pending.request.repeat == Repeat::Always;
    case Treatment::ClockSkew:
    case Treatment::Credentials:
    case Treatment::Final:
      return isCorrected && pending.corrections++ < kMaxCorrections;
  }
  return false;
}

// Where the next send would be too late, the last outcome is the result.
void JsonClient::Implementation::sendAgain(Number number, PendingRequest& pending) {
  if (pause_.next() >= pending.deadline) return end(number, pending);
  waiting_.insert(number);
}

}  // namespace leptir::aws
