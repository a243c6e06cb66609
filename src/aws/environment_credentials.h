// Credentials in variables of the environment.
#pragma once

#include <memory>

#include "aws/credentials.h"

namespace leptir::aws {

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION.
std::unique_ptr<CredentialSource> environmentCredentials();

}  // namespace leptir::aws
