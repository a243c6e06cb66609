// For tests: requests to a local server, without the proxies of the environment.
#pragma once

#include <cstdlib>
#include <string>

#include "http/http_request.h"
#include "tests/support/http_server.h"

namespace leptir::http {

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

}  // namespace leptir::http
