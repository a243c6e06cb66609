// For the tests of this module: requests to a local server, without the proxies of the environment.
#pragma once

#include <cstdlib>
#include <string>

#include "reporters/delivery.h"
#include "tests/support/http_server.h"

namespace leptir::reporters {

inline void forgetProxies() {
  for (const auto* name :
       {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
    ::unsetenv(name);
}

inline HttpRequest requestTo(const std::string& url) {
  forgetProxies();
  HttpRequest request;
  request.url = parseHttpUrl(url).value();
  request.body = "the body";
  return request;
}

// Tries as often as usual, but waits only milliseconds in between.
inline DeliveryOptions quickDelivery() {
  return {.firstBackoff = std::chrono::milliseconds(1), .longestBackoff = std::chrono::milliseconds(4)};
}

}  // namespace leptir::reporters
