#include "aws/queue_address.h"

#include <algorithm>
#include <array>
#include <vector>

#include "aws/partition.h"
#include "base/escape.h"
#include "http/ascii.h"
#include "http/http_url.h"

namespace leptir::aws {
namespace {

constexpr std::size_t kMaxNameBytes = 80;

// What hosts of AWS end with. Those of dual-stack endpoints are the third and fourth.
constexpr std::array<std::string_view, 9> kDomains = {
    ".amazonaws.com", ".amazonaws.com.cn", ".api.aws",        ".api.amazonwebservices.com.cn",
    ".c2s.ic.gov",    ".sc2s.sgov.gov",    ".csp.hci.ic.gov", ".cloud.adc-e.uk",
    ".amazonaws.eu",
};

Error notAnAddress(const std::string& what) {
  return Error(ErrorCode::Invalid,
               "must be the address of a queue like "
               "https://sqs.eu-west-1.amazonaws.com/123456789012/tasks, but " +
                   what);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// The part of the host before AWS' domain, in pieces. Empty: the host is not AWS'.
std::vector<std::string> piecesBeforeDomain(const std::string& host) {
  for (const auto domain : kDomains) {
    if (host.size() > domain.size() && host.ends_with(domain))
      return split(std::string_view(host).substr(0, host.size() - domain.size()), '.');
  }
  return {};
}

// sqs.REGION, sqs-fips.REGION, vpce-….sqs.REGION.vpce, REGION.queue, queue. Empty: it is none of these.
std::string regionIn(const std::vector<std::string>& pieces) {
  const auto count = pieces.size();
  if (count == 1 && pieces[0] == "queue") return "us-east-1";
  if (count == 2 && pieces[1] == "queue") return pieces[0];
  if (count == 2 && (pieces[0] == "sqs" || pieces[0] == "sqs-fips")) return pieces[1];
  if (count == 4 && pieces[1] == "sqs" && pieces[3] == "vpce") return pieces[2];
  return {};
}

Result<void> setEndpoint(const http::HttpUrl& url, QueueAddress& address) {
  const auto host = http::lowerCase(url.host);
  const auto pieces = piecesBeforeDomain(host);
  if (pieces.empty()) {
    address.endpoint = url.origin();
    return {};
  }
  address.region = regionIn(pieces);
  if (address.region.empty()) return notAnAddress(base::inQuotes(host) + " is no host of Amazon SQS");
  // The old hosts do not speak the JSON protocol.
  const bool isOld = pieces.back() == "queue";
  address.endpoint = "https://" + (isOld ? "sqs." + address.region + "." + domainOfRegion(address.region) : host) +
                     (url.port.empty() || url.scheme == "http" ? "" : ":" + url.port);
  return {};
}

bool isNameOfQueue(std::string_view name) {
  if (name.ends_with(".fifo")) name.remove_suffix(5);
  const auto isAllowed = [](char c) { return http::isLetterOrDigit(c) || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, isAllowed);
}

// /ACCOUNT/NAME; emulators have other words before the name.
Result<void> setName(std::string path, QueueAddress& address) {
  while (path.ends_with('/')) path.pop_back();
  auto parts = split(path, '/');
  address.name = parts.back();
  parts.pop_back();
  if (address.name.empty()) return notAnAddress("it names no queue behind the host");
  if (!isNameOfQueue(address.name)) return notAnAddress(base::inQuotes(address.name) + " is no name of a queue");
  if (!parts.empty()) address.account = parts.back();
  if (address.account.empty() && !address.region.empty()) return notAnAddress("it names no account before the queue");
  return {};
}

// arn:aws:sqs:REGION:ACCOUNT:NAME: says the address instead.
Error arnInsteadOfAddress(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 6 || parts[2] != "sqs") return notAnAddress("it is an ARN");
  return notAnAddress(
      "it is an ARN: write " +
      base::escaped("https://sqs." + parts[3] + "." + domainOfRegion(parts[3]) + "/" + parts[4] + "/" + parts[5]));
}

}  // namespace

Result<QueueAddress> parseQueueAddress(std::string_view text) {
  if (text.starts_with("arn:")) return arnInsteadOfAddress(text);
  const auto url = http::parseHttpUrl(text);
  if (!url) {
    const auto& message = url.error().message();
    return notAnAddress(message.substr(std::min(message.find(", but ") + 6, message.size())));
  }
  if (!url->user.empty() || !url->query.empty()) return notAnAddress("it has a user or a query");
  QueueAddress address{.url = std::string(text)};
  if (auto set = setEndpoint(*url, address); !set) return set.error();
  if (auto set = setName(url->path, address); !set) return set.error();
  return address;
}

}  // namespace leptir::aws
