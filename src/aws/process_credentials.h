// Credentials that a program prints (`credential_process` of a profile).
#pragma once

#include <string>

#include "aws/credentials.h"

namespace leptir::aws {

// `command` is split into words as a shell does, without its variables and patterns. The program may take `longest`. It
// prints {"Version": 1, "AccessKeyId": …, "SecretAccessKey": …, "SessionToken": …, "Expiration": …}.
Result<Credentials> processCredentials(const std::string& command, Duration longest);

}  // namespace leptir::aws
