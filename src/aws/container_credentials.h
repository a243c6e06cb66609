// Credentials of a container: Amazon ECS, EKS Pod Identity and other agents of this protocol.
#pragma once

#include <memory>

#include "aws/credentials.h"

namespace leptir::aws {

// By AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI, with the token in
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN.
std::unique_ptr<CredentialSource> containerCredentials();

}  // namespace leptir::aws
