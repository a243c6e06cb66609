#include "aws/instance_credentials.h"

#include <algorithm>
#include <charconv>

#include "aws/credential_document.h"
#include "aws/environment.h"
#include "aws/metadata_server.h"
#include "http/ascii.h"

namespace leptir::aws {
namespace {

constexpr const char* kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr Duration kExpiredCredentialsExtension = std::chrono::minutes(10);

int numberFromEnvironment(const char* name, int otherwise) {
  const auto text = variable(name);
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number > 0 ? number : otherwise;
}

std::string endpoint() {
  auto named = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  while (named.ends_with('/')) named.pop_back();
  if (!named.empty()) return named;
  const bool isVersion6 = http::lowerCase(variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")) == "ipv6";
  return isVersion6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
}

// Tries as often as the environment says, as long as there is time.
class MetadataClient {
 public:
  explicit MetadataClient(Duration longest) : end_(systemClock().bootTime() + longest) {}

  Result<http::HttpAnswer> ask(http::Method method, const std::string& path, const Headers& headers) const {
    const Duration each = std::chrono::seconds(numberFromEnvironment("AWS_METADATA_SERVICE_TIMEOUT", 1));
    for (int left = numberFromEnvironment("AWS_METADATA_SERVICE_NUM_ATTEMPTS", 1);; --left) {
      const auto rest = end_ - systemClock().bootTime();
      auto answer = askMetadataServer(method, endpoint() + path, headers, std::min(each, Duration(rest)));
      const bool isFinal = answer ? answer->status < 500 : answer.error().code() == ErrorCode::Invalid;
      if (isFinal || left <= 1 || rest <= each) return answer;
    }
  }

 private:
  BootTime end_;
};

Error statusError(const http::HttpAnswer& answer) {
  return Error(ErrorCode::Unavailable, "answered " + std::to_string(answer.status));
}

// Without a valid answer to this request there is no metadata service of version 2.
Result<std::string> fetchToken(const MetadataClient& client) {
  const auto answer =
      client.ask(http::Method::Put, "/latest/api/token", {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}});
  if (!answer && answer.error().code() == ErrorCode::Unavailable)
    return Error(ErrorCode::Unavailable,
                 answer.error().message() + " (in a container, the hop limit of this service must be 2)");
  if (!answer) return answer.error();
  if (answer->status == 403) return Error(ErrorCode::NotFound, "the metadata service is disabled on this machine");
  if (answer->status >= 400 && answer->status < 500)
    return Error(ErrorCode::NotFound, "this is no metadata service of version 2");
  if (!answer->isSuccess()) return statusError(*answer);
  return std::string(http::trimmed(answer->body));
}

Result<std::string> fetchRoleName(const MetadataClient& client, const Headers& headers) {
  const auto answer = client.ask(http::Method::Get, kRolePath, headers);
  if (!answer) return answer.error();
  if (answer->status == 404) return Error(ErrorCode::NotFound, "this machine has no role");
  if (!answer->isSuccess()) return statusError(*answer);
  const auto lines = http::trimmed(answer->body);
  return std::string(http::trimmed(lines.substr(0, lines.find('\n'))));
}

Result<Credentials> fetchRoleCredentials(const MetadataClient& client, const Headers& headers) {
  const auto role = fetchRoleName(client, headers);
  if (!role) return role.error();
  if (role->empty()) return Error(ErrorCode::NotFound, "this machine has no role");
  const auto answer = client.ask(http::Method::Get, kRolePath + *role, headers);
  if (!answer) return answer.error();
  if (!answer->isSuccess()) return statusError(*answer);
  return readCredentialDocument(answer->body, "Token");
}

class InstanceCredentials final : public CredentialSource {
 public:
  Result<Credentials> fetch(Duration longest) override {
    if (isVariableTrue("AWS_EC2_METADATA_DISABLED"))
      return Error(ErrorCode::NotFound, "instance metadata: switched off by AWS_EC2_METADATA_DISABLED");
    const MetadataClient client(longest);
    auto credentials = fetchToken(client).and_then([&](const std::string& text) -> tl::expected<Credentials, Error> {
      return fetchRoleCredentials(client, {{"X-aws-ec2-metadata-token", text}});
    });
    if (!credentials) return credentials.error().in("instance metadata");
    const auto now = systemClock().now();
    if (credentials->expires && *credentials->expires <= now) credentials->expires = now + kExpiredCredentialsExtension;
    return *std::move(credentials);
  }
};

}  // namespace

std::unique_ptr<CredentialSource> instanceCredentials() {
  return std::make_unique<InstanceCredentials>();
}

}  // namespace leptir::aws
