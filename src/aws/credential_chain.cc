#include "aws/credential_chain.h"

#include <vector>

#include "aws/container_credentials.h"
#include "aws/environment_credentials.h"
#include "aws/instance_credentials.h"
#include "aws/profile_credentials.h"
#include "aws/web_identity_credentials.h"

namespace leptir::aws {
namespace {

class FixedCredentials final : public CredentialSource {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> fetch(Duration) override { return credentials_; }

 private:
  const Credentials credentials_;
};

class CredentialChain final : public CredentialSource {
 public:
  explicit CredentialChain(std::vector<std::unique_ptr<CredentialSource>> sources) : sources_(std::move(sources)) {}

  Result<Credentials> fetch(Duration longest) override {
    const auto end = systemClock().bootTime() + longest;
    std::string reasons;
    for (auto& source : sources_) {
      auto credentials = source->fetch(end - systemClock().bootTime());
      if (credentials && sources_.size() > 1) keepOnly(source);
      if (credentials) return credentials;
      const auto& error = credentials.error();
      reasons += (reasons.empty() ? "" : "; ") + error.message();
      if (error.code() != ErrorCode::NotFound) return Error(error.code(), reasons);
    }
    return Error(ErrorCode::NotFound, "there are none: " + reasons);
  }

 private:
  // `chosen` is an element of sources_.
  void keepOnly(std::unique_ptr<CredentialSource>& chosen) {
    auto kept = std::move(chosen);
    sources_.clear();
    sources_.push_back(std::move(kept));
  }

  std::vector<std::unique_ptr<CredentialSource>> sources_;
};

}  // namespace

std::unique_ptr<CredentialSource> fixedCredentials(Credentials credentials) {
  return std::make_unique<FixedCredentials>(std::move(credentials));
}

std::unique_ptr<CredentialSource> credentialChain(const ChainOptions& options) {
  std::vector<std::unique_ptr<CredentialSource>> sources;
  const bool namesProfile = !options.profile.empty();
  if (!namesProfile) {
    sources.push_back(environmentCredentials());
    sources.push_back(webIdentityFromEnvironment(SecurityTokenService(options.region, options.caFile)));
  }
  sources.push_back(profileCredentials(options.profile, options.region, options.caFile));
  if (!namesProfile) {
    sources.push_back(containerCredentials());
    sources.push_back(instanceCredentials());
  }
  return std::make_unique<CredentialChain>(std::move(sources));
}

}  // namespace leptir::aws
