#include "aws/container_credentials.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "aws/credential_document.h"
#include "aws/environment.h"
#include "aws/metadata_server.h"
#include "base/read_file.h"
#include "http/ascii.h"

namespace leptir::aws {
namespace {

constexpr std::size_t kMaxTokenFileBytes = 64 * 1024;
constexpr Duration kMaxRequestTime = std::chrono::seconds(2);

// Plain HTTP would show credentials to the network, so that only the addresses of agents on this machine are allowed.
bool isLocal(const std::string& host) {
  constexpr std::array<std::string_view, 5> kAgents = {"localhost", "169.254.170.2", "169.254.170.23", "[::1]",
                                                       "[fd00:ec2::23]"};
  in_addr address{};
  const bool isLoopback = ::inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
  return isLoopback || std::ranges::find(kAgents, host) != kAgents.end();
}

Result<std::string> addressOfAgent() {
  const auto relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (!relative.empty()) return "http://169.254.170.2" + relative;
  auto full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (full.empty())
    return Error(ErrorCode::NotFound, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
  const auto url = http::parseHttpUrl(full);
  if (!url) return url.error().in("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (url->scheme != "https" && !isLocal(url->host))
    return Error(ErrorCode::Invalid, "AWS_CONTAINER_CREDENTIALS_FULL_URI: " + url->origin() +
                                         " is neither https nor an address of this machine");
  return full;
}

// The value of the `Authorization` header; empty: the server gets no such header.
Result<std::string> authorizationToken() {
  const auto file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  auto token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (!file.empty()) {
    const auto text = base::readFile(file, kMaxTokenFileBytes);
    if (!text) return text.error().in("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    token = http::trimmed(text->text);
  }
  if (token.find_first_of("\r\n") != std::string::npos)
    return Error(ErrorCode::Invalid, "the container's authorization token has more than one line");
  return token;
}

class ContainerCredentials final : public CredentialSource {
 public:
  Result<Credentials> fetch(Duration longest) override {
    const auto address = addressOfAgent();
    if (!address) return address.error();
    const auto token = authorizationToken();
    if (!token) return Error(ErrorCode::Invalid, token.error().message());
    Headers headers{{"Accept", "application/json"}};
    if (!token->empty()) headers.emplace_back("Authorization", *token);
    const auto answer = askMetadataServer(http::Method::Get, *address, headers, std::min(longest, kMaxRequestTime));
    if (!answer) return answer.error().in("credentials of the container");
    if (!answer->isSuccess())
      return Error(answer->status >= 500 || answer->status == 429 ? ErrorCode::Unavailable : ErrorCode::Invalid,
                   "credentials of the container: the agent answered " + std::to_string(answer->status));
    return readCredentialDocument(answer->body, "Token").map_error([](const Error& error) {
      return error.in("credentials of the container");
    });
  }
};

}  // namespace

std::unique_ptr<CredentialSource> containerCredentials() {
  return std::make_unique<ContainerCredentials>();
}

}  // namespace leptir::aws
