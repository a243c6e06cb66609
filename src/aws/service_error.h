// Reads the errors of AWS' JSON protocol, and says what each of them means for the client.
#pragma once

#include <string>
#include <string_view>

#include "http/http_answer.h"

namespace leptir::aws {

// What the client does about an answer, where the request's `Repeat` allows it.
enum class Treatment {
  Final,           // success, or an error that a repetition does not change
  Throttled,       // the service did nothing: send it later
  Refused,         // the service did nothing: it is not available
  ClockSkew,       // the service did nothing: the time of the signature differs too much from its own
  Credentials,     // the service did nothing: it does not know the credentials, or they have expired
  UnknownOutcome,  // the service may have performed it
};

struct ServiceError {
  std::string code{};     // the last part, as QueueDoesNotExist; HttpStatus502 where the answer names none
  std::string message{};  // the service's own words, escaped, at most 500 bytes
  Treatment treatment = Treatment::Final;
};

// `answer` is no success.
ServiceError readServiceError(const http::HttpAnswer& answer);

Treatment treatmentOf(int status, std::string_view code);

// Whether these errors may mean that clocks differ: compare the answer's `Date` to know.
bool mayMeanClockSkew(std::string_view code);

}  // namespace leptir::aws
