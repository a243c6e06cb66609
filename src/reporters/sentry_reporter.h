// The error reporter `sentry`: sends each report as an event to a Sentry project, or to another service that speaks its
// envelope protocol.
#pragma once

#include <string>

#include "reporters/remote_reporter.h"
#include "reporters/sentry_dsn.h"
#include "reporters/sentry_event.h"

namespace leptir::reporters {

// While Sentry limits the rate of events, reports are lost at once, and the next event says how many.
class SentryReporter final : public RemoteReporter {
 public:
  // The `options` of its entry in the configuration.
  struct Options {
    SentryDsn dsn{};
    SentryNames names{};
    std::string caFile{};  // empty: the system's authorities
  };

  // Invalid: says which option is wrong, and shows no value.
  static Result<Options> readOptions(const Json& options);
  static Result<void> checkOptions(const Json& options);

  // Throws std::invalid_argument where checkOptions returns an error.
  explicit SentryReporter(const Json& options);
  // For tests, which try again sooner and set the clock.
  SentryReporter(Options options, http::DeliveryOptions delivery, const Clock& clock);

 private:
  http::HttpRequest requestFor(const ReportedError& error) const override;
  std::string authorization() const;

  const Options options_;
  const Clock& clock_;
};

}  // namespace leptir::reporters
