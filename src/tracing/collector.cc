#include "tracing/collector.h"

#include <charconv>
#include <limits>
#include <memory>
#include <system_error>

#include "leptir/json.h"
#if LEPTIR_HAS_CURL
#include "http/delivery.h"
#include "http/header_check.h"
#endif

namespace leptir::tracing {

#if LEPTIR_HAS_CURL

namespace {

// A collector may wait for its own back end. While it does, spans gather, and are dropped if they are too many.
constexpr Duration kRequestTimeout = std::chrono::seconds(10);
// The time for all tries of one request.
constexpr Duration kSpanDeliveryTimeout = std::chrono::seconds(20);
constexpr std::size_t kMaxAnswerBytes = 4096;
constexpr std::string_view kTracesPath = "/v1/traces";

Result<http::HttpUrl> urlOf(const Collector& collector) {
  auto url = http::parseHttpUrl(collector.endpoint);
  if (!url) return url.error().in("'endpoint' of 'tracing'");
  if (url->path.ends_with('/')) url->path.pop_back();
  url->path += kTracesPath;
  return url;
}

// The number of spans that the server rejected (partialSuccess of OTLP). 0 for a body that cannot be read: the status
// already says that the server took the request.
std::uint64_t countRefusedSpans(const http::HttpAnswer& answer) {
  const auto json = parseJson(answer.body);
  if (!json || !json->is_object()) return 0;
  const auto partial = json->find("partialSuccess");
  if (partial == json->end() || !partial->is_object()) return 0;
  const auto refused = partial->find("rejectedSpans");
  if (refused == partial->end()) return 0;
  if (refused->is_number_unsigned()) return refused->get<std::uint64_t>();
  const auto digits = refused->is_string() ? refused->get<std::string>() : std::string();
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (end != digits.data() + digits.size()) return 0;  // no number
  return problem == std::errc::result_out_of_range ? std::numeric_limits<std::uint64_t>::max() : number;
}

// Servers may repeat what they were sent. The path is a secret where a service knows its users by it.
std::vector<std::string> secretsIn(const Collector& collector, const http::HttpUrl& url) {
  std::vector<std::string> secrets{url.password, url.path.substr(0, url.path.size() - kTracesPath.size()), url.query};
  for (const auto& [name, value] : collector.headers) {
    secrets.push_back(value);
    secrets.push_back(value.substr(value.rfind(' ') + 1));
  }
  return secrets;
}

}  // namespace

Result<void> checkCollector(const Collector& collector) {
  if (auto url = urlOf(collector); !url) return url.error();
  for (const auto& [name, value] : collector.headers) {
    if (const auto complaint = http::complaintAboutHeader(name, value); !complaint.empty())
      return Error(ErrorCode::Invalid, "'headers' of 'tracing' " + complaint);
  }
  return {};
}

DeliverFunction makeDeliverFunction(const Collector& collector) {
  const auto url = urlOf(collector).value();
  http::DeliveryOptions options{.setting = "'tracing'",
                                .document = "a batch of spans",
                                .secrets = secretsIn(collector, url),
                                .total = kSpanDeliveryTimeout};
  http::HttpRequest request{.url = url,
                            .headers = collector.headers,
                            .maxKeptBodyBytes = kMaxAnswerBytes,
                            .connection = {.timeout = kRequestTimeout}};
  request.headers.emplace_back("Content-Type", "application/json");
  auto delivery = std::make_shared<http::Delivery>(std::move(options));
  return [delivery, request](std::string body, const StopToken& stop) -> Result<std::uint64_t> {
    auto made = request;
    made.body = std::move(body);
    const auto answer = delivery->deliver(std::move(made), stop);
    if (!answer) return answer.error();
    return countRefusedSpans(*answer);
  };
}

std::string originOf(const Collector& collector) {
  const auto url = urlOf(collector);
  return url ? url->origin() : std::string();
}

#else

Result<void> checkCollector(const Collector& collector) {
  if (collector.endpoint.empty()) return {};
  return Error(ErrorCode::Invalid,
               "this build has no libcurl, which 'tracing' needs: build leptir with -DLEPTIR_CURL=ON");
}

DeliverFunction makeDeliverFunction(const Collector& collector) {
  return [error = checkCollector(collector)](std::string, const StopToken&) -> Result<std::uint64_t> {
    return error.error();
  };
}

std::string originOf(const Collector&) {
  return {};
}

#endif

}  // namespace leptir::tracing
