// RemoteReporter: what the built-in error reporters have in common. It collects what it is told of an error, and sends
// one document to a server.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "http/delivery.h"
#include "leptir/error_reporter.h"
#include "reporters/reported_error.h"

namespace leptir::reporters {

// A report that could not be sent is lost. The functions of ErrorReporter then throw a std::runtime_error that says
// why, which leptir logs.
class RemoteReporter : public ErrorReporter {
 public:
  void addErrorData(const Json& data) final { error_.data.update(data.is_object() ? data : Json::object()); }
  void reportException(const ThrownError& exception) final;
  void reportMessage(const std::string& message) final;

 protected:
  explicit RemoteReporter(http::DeliveryOptions options, const Clock& clock = systemClock())
      : delivery_(std::move(options), clock) {}

  virtual http::HttpRequest requestFor(const ReportedError& error) const = 0;

 private:
  // Forgets the data, which must not become part of the next report.
  void send();

  ReportedError error_;
  http::Delivery delivery_;
};

// Reporter::readOptions; throws a std::invalid_argument with its error.
template <class Reporter>
typename Reporter::Options optionsOrThrow(const Json& json) {
  auto options = Reporter::readOptions(json);
  if (!options) throw std::invalid_argument(options.error().message());
  return *std::move(options);
}

}  // namespace leptir::reporters
