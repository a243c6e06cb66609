#include "aws/web_identity_credentials.h"

#include "aws/environment.h"
#include "base/read_file.h"
#include "http/ascii.h"

namespace leptir::aws {
namespace {

constexpr std::size_t kMaxTokenBytes = 64 * 1024;

class WebIdentityFromEnvironment final : public CredentialSource {
 public:
  explicit WebIdentityFromEnvironment(SecurityTokenService service) : service_(std::move(service)) {}

  Result<Credentials> fetch(Duration longest) override {
    const auto tokenFile = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    const Role role{.arn = variable("AWS_ROLE_ARN"), .sessionName = variable("AWS_ROLE_SESSION_NAME")};
    if (tokenFile.empty()) return Error(ErrorCode::NotFound, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    if (role.arn.empty())
      return Error(ErrorCode::Invalid, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
    return webIdentityCredentials(service_, role, tokenFile, longest);
  }

 private:
  SecurityTokenService service_;
};

}  // namespace

// A file that is missing may be one that is just being replaced.
Result<Credentials> webIdentityCredentials(const SecurityTokenService& service, const Role& role,
                                           const std::string& tokenFile, Duration longest) {
  const auto token = base::readFile(tokenFile, kMaxTokenBytes);
  if (!token) {
    const bool isMissing = token.error().code() == ErrorCode::NotFound;
    return Error(isMissing ? ErrorCode::Unavailable : ErrorCode::Invalid,
                 "web identity token " + token.error().message());
  }
  const std::string text(http::trimmed(token->text));
  if (text.empty()) return Error(ErrorCode::Unavailable, "web identity token " + tokenFile + ": is empty");
  return service.assumeRoleWithWebIdentity(role, text, longest);
}

std::unique_ptr<CredentialSource> webIdentityFromEnvironment(SecurityTokenService service) {
  return std::make_unique<WebIdentityFromEnvironment>(std::move(service));
}

}  // namespace leptir::aws
