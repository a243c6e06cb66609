// The JSON documents in which programs and servers give credentials.
#pragma once

#include <string_view>

#include "aws/credentials.h"

namespace leptir::aws {

// {"AccessKeyId":…,"SecretAccessKey":…,"Expiration":…} with the session token in `tokenKey`; it and the expiry may be
// missing. Invalid: the text is no such document; the message quotes nothing of it but an error `Code`.
Result<Credentials> readCredentialDocument(std::string_view text, const char* tokenKey);

}  // namespace leptir::aws
