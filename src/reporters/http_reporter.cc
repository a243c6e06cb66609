#include "reporters/http_reporter.h"

#include <algorithm>
#include <stdexcept>

#include "base/task_id.h"
#include "http/ascii.h"
#include "http/header_check.h"
#include "reporters/http_document.h"
#include "reporters/option_reader.h"

namespace leptir::reporters {
namespace {

constexpr double kMinTimeoutSeconds = 0.1, kMaxTimeoutSeconds = 300;

void checkHeaders(const std::map<std::string, std::string>& headers, OptionReader& reader) {
  for (const auto& [name, value] : headers) {
    if (const auto complaint = http::complaintAboutHeader(name, value); !complaint.empty())
      reader.refuse("headers", complaint);
  }
}

// Servers may repeat what they were sent. Path and query are a secret where the service knows its users by them.
// "Bearer TOKEN" is also looked for as TOKEN alone.
std::vector<std::string> secretsIn(const HttpReporter::Options& options) {
  std::vector<std::string> secrets{options.url.password, options.url.path, options.url.query};
  for (const auto& [name, value] : options.headers) {
    secrets.push_back(value);
    secrets.push_back(value.substr(value.rfind(' ') + 1));
  }
  return secrets;
}

// One try may take as long as `timeout` says, even if that is more than all tries may take otherwise.
http::DeliveryOptions withHttpReporterRules(http::DeliveryOptions delivery, const HttpReporter::Options& options) {
  delivery.secrets = secretsIn(options);
  delivery.total = std::max(delivery.total, options.timeout);
  return delivery;
}

}  // namespace

Result<HttpReporter::Options> HttpReporter::readOptions(const Json& json) {
  OptionReader reader(json);
  Options options;
  if (const auto text = reader.requiredText("url")) {
    auto url = http::parseHttpUrl(*text);
    if (!url) reader.refuse("url", url.error().message());
    if (url) options.url = *std::move(url);
  }
  options.headers = reader.texts("headers");
  checkHeaders(options.headers, reader);
  options.timeout = reader.seconds("timeout", kMinTimeoutSeconds, kMaxTimeoutSeconds).value_or(options.timeout);
  options.caFile = reader.readableFile("ca_file").value_or("");
  if (const auto finished = reader.finish(); !finished) return finished.error();
  return options;
}

Result<void> HttpReporter::checkOptions(const Json& options) {
  if (const auto read = readOptions(options); !read) return read.error();
  return {};
}

HttpReporter::HttpReporter(const Json& options)
    : HttpReporter(optionsOrThrow<HttpReporter>(options), http::DeliveryOptions()) {}

HttpReporter::HttpReporter(Options options, http::DeliveryOptions delivery)
    : RemoteReporter(withHttpReporterRules(std::move(delivery), options)), options_(std::move(options)) {}

http::HttpRequest HttpReporter::requestFor(const ReportedError& error) const {
  http::HttpRequest request{.url = options_.url,
                            .headers = {options_.headers.begin(), options_.headers.end()},
                            .body = httpDocument(error, base::makeTaskId()),
                            .connection = {.caFile = options_.caFile, .timeout = options_.timeout}};
  const auto isContentType = [](const auto& header) { return http::lowerCase(header.first) == "content-type"; };
  if (std::ranges::none_of(request.headers, isContentType))
    request.headers.emplace_back("Content-Type", "application/json");
  return request;
}

}  // namespace leptir::reporters
