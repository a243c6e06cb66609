// Credentials of a virtual machine, by version 2 of its metadata service.
#pragma once

#include <memory>

#include "aws/credentials.h"

namespace leptir::aws {

// Follows AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE,
// AWS_METADATA_SERVICE_TIMEOUT (1 s) and AWS_METADATA_SERVICE_NUM_ATTEMPTS (1). Where the service has only expired
// credentials, these are used on: it cannot get new ones, and AWS services may still accept these.
std::unique_ptr<CredentialSource> instanceCredentials();

}  // namespace leptir::aws
