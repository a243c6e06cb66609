#include "aws/environment_credentials.h"

#include "aws/environment.h"
#include "base/time_parser.h"

namespace leptir::aws {
namespace {

class EnvironmentCredentials final : public CredentialSource {
 public:
  Result<Credentials> fetch(Duration) override {
    Credentials credentials{.accessKey = variable("AWS_ACCESS_KEY_ID"),
                            .secretKey = variable("AWS_SECRET_ACCESS_KEY"),
                            .sessionToken = variable("AWS_SESSION_TOKEN")};
    if (credentials.accessKey.empty()) return Error(ErrorCode::NotFound, "AWS_ACCESS_KEY_ID is not set");
    if (credentials.secretKey.empty())
      return Error(ErrorCode::Invalid, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
    if (credentials.sessionToken.empty()) credentials.sessionToken = variable("AWS_SECURITY_TOKEN");
    const auto expires = variable("AWS_CREDENTIAL_EXPIRATION");
    credentials.expires = base::parseRfc3339(expires);
    if (!expires.empty() && !credentials.expires)
      return Error(ErrorCode::Invalid, "AWS_CREDENTIAL_EXPIRATION is no time: write 2026-11-30T10:15:00Z");
    return credentials;
  }
};

}  // namespace

std::unique_ptr<CredentialSource> environmentCredentials() {
  return std::make_unique<EnvironmentCredentials>();
}

}  // namespace leptir::aws
