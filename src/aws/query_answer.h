// Answers of AWS' query protocol, which are XML.
#pragma once

#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "http/http_answer.h"

namespace leptir::aws {

// The text of the first element of this name, which has no other elements in it. Empty: there is none.
std::string xmlText(std::string_view document, std::string_view element);

// The credentials that the Security Token Service has answered with. Unavailable: it may give some later. Invalid: it
// refuses. The message quotes the service's own words.
Result<Credentials> readQueryCredentials(const http::HttpAnswer& answer);

}  // namespace leptir::aws
