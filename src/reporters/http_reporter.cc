#include "reporters/http_reporter.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/escape.h"
#include "base/task_id.h"
#include "http/ascii.h"
#include "reporters/http_document.h"
#include "reporters/option_reader.h"

namespace leptir::reporters {
namespace {

constexpr double kShortestTimeout = 0.1, kLongestTimeout = 300;
constexpr std::size_t kLongestHeader = 8 * 1024;

// A token of RFC 9110.
bool isHeaderName(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [&](char c) {
    return http::isLetterOrDigit(c) || kMarks.find(c) != std::string_view::npos;
  });
}

// They describe the document as leptir sends it.
bool isLeptirsOwn(const std::string& name) {
  constexpr std::array<std::string_view, 5> kOwn = {"content-length", "transfer-encoding", "connection", "expect",
                                                    "content-encoding"};
  return std::ranges::find(kOwn, http::lowerCase(name)) != kOwn.end();
}

void checkHeaders(const std::map<std::string, std::string>& headers, OptionReader& reader) {
  for (const auto& [name, value] : headers) {
    const auto quoted = base::inQuotes(name);
    if (!isHeaderName(name)) reader.refuse("headers", "has " + quoted + ", which is no name of a header");
    if (isLeptirsOwn(name)) reader.refuse("headers", "has " + quoted + ", which leptir sets itself: leave it out");
    if (value.size() > kLongestHeader) reader.refuse("headers", "has a value of more than 8192 bytes for " + quoted);
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
DeliveryOptions adapted(DeliveryOptions delivery, const HttpReporter::Options& options) {
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
  options.timeout = reader.seconds("timeout", kShortestTimeout, kLongestTimeout).value_or(options.timeout);
  options.caFile = reader.readableFile("ca_file").value_or("");
  if (const auto finished = reader.finish(); !finished) return finished.error();
  return options;
}

Result<void> HttpReporter::checkOptions(const Json& options) {
  if (const auto read = readOptions(options); !read) return read.error();
  return {};
}

HttpReporter::HttpReporter(const Json& options)
    : HttpReporter(optionsOrThrow<HttpReporter>(options), DeliveryOptions()) {}

HttpReporter::HttpReporter(Options options, DeliveryOptions delivery)
    : RemoteReporter(adapted(std::move(delivery), options)), options_(std::move(options)) {}

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
