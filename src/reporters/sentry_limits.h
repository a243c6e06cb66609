// How long Sentry asks its clients to pause (https://develop.sentry.dev/sdk/expected-features/rate-limiting/).
#pragma once

#include <chrono>
#include <optional>

#include "http/http_request.h"
#include "leptir/clock.h"

namespace leptir::reporters {

// So that a mistake of the server does not silence a reporter for good. A quota of Sentry may well be used up for days.
inline constexpr Duration kMaxSentryPause = std::chrono::hours(7 * 24);

// The longest of the limits in X-Sentry-Rate-Limits that hold for error events, also of an answer with status 200. An
// answer 429 without that header: its Retry-After, or a minute.
std::optional<Duration> sentryPause(const http::HttpAnswer& answer);

}  // namespace leptir::reporters
