// How long Sentry asks its clients to pause (https://develop.sentry.dev/sdk/expected-features/rate-limiting/).
#pragma once

#include <optional>

#include "http/http_request.h"
#include "leptir/clock.h"

namespace leptir::reporters {

// The longest of the limits in X-Sentry-Rate-Limits that hold for error events, also of an answer with status 200. An
// answer 429 without that header: its Retry-After, or a minute.
std::optional<Duration> sentryPause(const http::HttpAnswer& answer);

}  // namespace leptir::reporters
