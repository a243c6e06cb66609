// The error reporter `http`: posts each report as one JSON document to a URL.
#pragma once

#include <map>
#include <string>

#include "reporters/remote_reporter.h"

namespace leptir::reporters {

class HttpReporter final : public RemoteReporter {
 public:
  // The `options` of its entry in the configuration.
  struct Options {
    http::HttpUrl url{};
    std::map<std::string, std::string> headers{};  // names and values as the configuration has them
    Duration timeout = std::chrono::seconds(10);   // of one try
    std::string caFile{};                          // empty: the system's authorities
  };

  // Invalid: says which option is wrong, and shows no value.
  static Result<Options> readOptions(const Json& options);
  static Result<void> checkOptions(const Json& options);

  // Throws std::invalid_argument where checkOptions returns an error.
  explicit HttpReporter(const Json& options);
  // For tests, which try again sooner.
  HttpReporter(Options options, http::DeliveryOptions delivery);

 private:
  http::HttpRequest requestFor(const ReportedError& error) const override;

  const Options options_;
};

}  // namespace leptir::reporters
