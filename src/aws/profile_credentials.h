// Credentials by a profile of the AWS tools' files.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials.h"

namespace leptir::aws {

// A profile's way to credentials, the first that it has: `role_arn` with `source_profile` or `credential_source`,
// `role_arn` with `web_identity_token_file`, keys, `credential_process`. NotFound: it has none, or there is no profile
// `default` and no other one was named.
std::unique_ptr<CredentialSource> profileCredentials(std::string profile, std::string region, std::string caFile);

}  // namespace leptir::aws
