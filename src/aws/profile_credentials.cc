#include "aws/profile_credentials.h"

#include <set>

#include "aws/container_credentials.h"
#include "aws/environment.h"
#include "aws/environment_credentials.h"
#include "aws/instance_credentials.h"
#include "aws/process_credentials.h"
#include "aws/profiles.h"
#include "aws/security_token_service.h"
#include "aws/web_identity_credentials.h"
#include "base/escape.h"

namespace leptir::aws {
namespace {

Error invalidProfile(const std::string& what) {
  return Error(ErrorCode::Invalid, what);
}

Role roleOf(const Profile& profile) {
  return {.arn = profile.value("role_arn"),
          .sessionName = profile.value("role_session_name"),
          .externalId = profile.value("external_id"),
          .duration = profile.value("duration_seconds")};
}

Result<Credentials> keysOf(const Profile& profile) {
  Credentials credentials{.accessKey = profile.value("aws_access_key_id"),
                          .secretKey = profile.value("aws_secret_access_key"),
                          .sessionToken = profile.value("aws_session_token")};
  if (credentials.secretKey.empty())
    return invalidProfile("'aws_access_key_id' is there, but 'aws_secret_access_key' is not");
  if (credentials.sessionToken.empty()) credentials.sessionToken = profile.value("aws_security_token");
  return credentials;
}

// An error if the profile needs a person who logs in.
Result<void> refuseInteractive(const Profile& profile) {
  for (const auto* key : {"sso_session", "sso_start_url", "login_session"}) {
    if (profile.has(key))
      return invalidProfile("'" + std::string(key) +
                            "' needs a person who logs in: use 'credential_process = aws configure export-credentials "
                            "--profile NAME' in a profile of its own");
  }
  return {};
}

std::unique_ptr<CredentialSource> sourceOfName(const std::string& name) {
  if (name == "Environment") return environmentCredentials();
  if (name == "EcsContainer") return containerCredentials();
  if (name == "Ec2InstanceMetadata") return instanceCredentials();
  return nullptr;
}

// One fetch: follows profiles from one to the next.
class Resolver {
 public:
  Resolver(const Profiles& profiles, const std::string& region, const std::string& caFile, Duration longest)
      : profiles_(profiles), region_(region), caFile_(caFile), end_(systemClock().bootTime() + longest) {}

  Result<Credentials> resolve(const std::string& name) {
    const auto* profile = profiles_.find(name);
    if (profile == nullptr)
      return invalidProfile("there is no profile " + base::inQuotes(name) + " in " + profiles_.filePaths());
    visited_.insert(name);
    auto credentials = profile->has("role_arn") ? credentialsByRole(name, *profile) : credentialsWithoutRole(*profile);
    if (credentials) return credentials;
    return credentials.error().in("profile " + base::inQuotes(name));
  }

 private:
  Duration left() const { return std::max(end_ - systemClock().bootTime(), Duration::zero()); }

  SecurityTokenService service(const Profile& profile) const {
    const auto own = profile.value("region");
    return {own.empty() ? region_ : own, caFile_};
  }

  Result<Credentials> credentialsWithoutRole(const Profile& profile) const {
    const auto process = profile.value("credential_process");
    const bool areKeysFirst = profile.keys == Profile::Keys::InCredentialsFile || process.empty();
    if (profile.keys != Profile::Keys::None && areKeysFirst) return keysOf(profile);
    if (auto possible = refuseInteractive(profile); !possible && process.empty()) return possible.error();
    if (!process.empty()) return processCredentials(process, left());
    return Error(ErrorCode::NotFound, "has no credentials");
  }

  Result<Credentials> credentialsByRole(const std::string& name, const Profile& profile) {
    if (profile.has("web_identity_token_file"))
      return webIdentityCredentials(service(profile), roleOf(profile), profile.value("web_identity_token_file"),
                                    left());
    if (profile.has("mfa_serial"))
      return invalidProfile("'mfa_serial' needs a person who types a code: use a role without it");
    const bool hasProfile = profile.has("source_profile"), hasSource = profile.has("credential_source");
    if (hasProfile == hasSource)
      return invalidProfile("'role_arn' needs either 'source_profile' or 'credential_source'");
    const auto caller = hasProfile ? credentialsOfSourceProfile(name, profile.value("source_profile"))
                                   : credentialsOfNamedSource(profile.value("credential_source"));
    if (!caller) return caller.error();
    return service(profile).assumeRole(roleOf(profile), *caller, left());
  }

  // A profile with keys gives these, even if it has a role as well; so it may be its own source.
  Result<Credentials> credentialsOfSourceProfile(const std::string& name, const std::string& source) {
    const auto* profile = profiles_.find(source);
    if (profile == nullptr)
      return invalidProfile("'source_profile' names " + base::inQuotes(source) + ", which does not exist");
    if (profile->keys != Profile::Keys::None) return keysOf(*profile);
    if (source == name || visited_.contains(source)) return invalidProfile("its chain of 'source_profile' has no end");
    auto credentials = resolve(source);
    if (!credentials && credentials.error().code() == ErrorCode::NotFound)
      return invalidProfile(credentials.error().message());
    return credentials;
  }

  Result<Credentials> credentialsOfNamedSource(const std::string& name) const {
    const auto source = sourceOfName(name);
    if (source == nullptr)
      return invalidProfile("'credential_source' must be Environment, EcsContainer or Ec2InstanceMetadata, not " +
                            base::inQuotes(name));
    auto credentials = source->fetch(left());
    if (!credentials && credentials.error().code() == ErrorCode::NotFound)
      return invalidProfile(credentials.error().message());
    return credentials;
  }

  const Profiles& profiles_;
  const std::string& region_;
  const std::string& caFile_;
  const BootTime end_;
  std::set<std::string> visited_;
};

class ProfileCredentials final : public CredentialSource {
 public:
  ProfileCredentials(std::string profile, std::string region, std::string caFile)
      : profile_(std::move(profile)), region_(std::move(region)), caFile_(std::move(caFile)) {}

  Result<Credentials> fetch(Duration longest) override {
    const auto profiles = readProfiles();
    if (!profiles) return Error(ErrorCode::Invalid, profiles.error().message());
    const auto name = profileName(profile_);
    if (profiles->find(name) == nullptr && name == "default")
      return Error(ErrorCode::NotFound, "there is no profile 'default' in " + profiles->filePaths());
    return Resolver(*profiles, region_, caFile_, longest).resolve(name);
  }

 private:
  const std::string profile_, region_, caFile_;
};

}  // namespace

std::unique_ptr<CredentialSource> profileCredentials(std::string profile, std::string region, std::string caFile) {
  return std::make_unique<ProfileCredentials>(std::move(profile), std::move(region), std::move(caFile));
}

}  // namespace leptir::aws
