// One HTTP request by libcurl: POST a body to a URL and get the answer.
//
// A request follows no redirect, so that secret headers never reach another server; the answer then has status 3xx.
// The certificate of an https server is always verified: by the authorities in `caFile` or by the system's. A proxy is
// used where the environment names one (https_proxy, http_proxy, no_proxy). Each request uses a connection of its own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/stop_token.h"
#include "reporters/http_url.h"

namespace leptir::reporters {

struct HttpRequest {
  HttpUrl url{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::string caFile{};  // empty: the system's authorities
  Duration connectTimeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(10);  // for the whole request
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers{};  // names in lower case; those of the first 16 KiB
  std::optional<Duration> retryAfter{};          // of the header Retry-After, given as seconds or as a date
  std::string body{};                            // the first KiB

  bool isSuccess() const { return status >= 200 && status < 300; }
};

// The answer counts once its headers are complete, whatever becomes of its body. The call ends early when the token
// fires. Errors: Unavailable where a later request may succeed: no answer came, since the server cannot be found or
// reached, is too slow, closes the connection, or has a certificate that has expired or is not yet valid; or the token
// has fired. Invalid: the certificate is not trusted or has another name, the file of authorities cannot be used, or
// the server does not speak HTTP. The messages begin with the URL's origin and never contain the rest of the URL,
// headers or the body.
Result<HttpAnswer> post(const HttpRequest& request, const StopToken& stop = {});

}  // namespace leptir::reporters
