// The credential chain of the AWS tools.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials.h"

namespace leptir::aws {

// The credentials that the configuration itself contains: always these, nothing is fetched.
std::unique_ptr<CredentialSource> fixedCredentials(Credentials credentials);

struct ChainOptions {
  std::string profile{};  // empty: AWS_PROFILE, else `default`
  std::string region{};   // for the security token service, which a profile's own region overrides
  std::string caFile{};   // for the security token service; empty: AWS_CA_BUNDLE, else the system's authorities
};

// The sources in the order of the AWS tools; the first that has credentials is used from then on: environment
// (AWS_ACCESS_KEY_ID, …), web identity (AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN), shared files with profiles
// (`role_arn` with `source_profile` or `credential_source`, `credential_process`), container
// (AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI), instance metadata (version 2; AWS_EC2_METADATA_DISABLED).
// Where `profile` is given, only this profile counts. An error names all sources that were looked at.
std::unique_ptr<CredentialSource> credentialChain(const ChainOptions& options);

}  // namespace leptir::aws
