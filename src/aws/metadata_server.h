// Servers beside a machine or container that give its credentials by plain HTTP.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/http_request.h"

namespace leptir::aws {

using Headers = std::vector<std::pair<std::string, std::string>>;

// One request without the proxies of the environment. Invalid: `url` is not a URL.
Result<http::HttpAnswer> askMetadataServer(http::Method method, const std::string& url, const Headers& headers,
                                           Duration longest);

}  // namespace leptir::aws
