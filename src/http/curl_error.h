// Says what an error code of libcurl means to the operator.
#pragma once

#include <curl/curl.h>

#include "http/connection.h"
#include "leptir/result.h"

namespace leptir::http {

// `handle` has performed a request and failed with `code`. The codes of the result are as send() says. The message does
// not name the server.
Error curlError(CURL* handle, CURLcode code, const Connection& connection);

}  // namespace leptir::http
