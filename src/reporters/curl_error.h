// Says what an error code of libcurl means to the operator.
#pragma once

#include <curl/curl.h>

#include "leptir/result.h"
#include "reporters/http_request.h"

namespace leptir::reporters {

// `handle` has performed the request and failed with `code`. The codes and texts of the result are as post() says.
Error curlError(CURL* handle, CURLcode code, const HttpRequest& request);

}  // namespace leptir::reporters
