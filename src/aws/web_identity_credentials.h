// Credentials for a role that a token proves, as Kubernetes on AWS gives them to a pod.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials.h"
#include "aws/security_token_service.h"

namespace leptir::aws {

// The role, and the file of the token, which is read anew for each fetch.
Result<Credentials> webIdentityCredentials(const SecurityTokenService& service, const Role& role,
                                           const std::string& tokenFile, Duration longest);

// By AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME.
std::unique_ptr<CredentialSource> webIdentityFromEnvironment(SecurityTokenService service);

}  // namespace leptir::aws
