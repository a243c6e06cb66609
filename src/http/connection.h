// How a connection to an HTTP server is made.
#pragma once

#include <string>

#include "leptir/clock.h"

namespace leptir::http {

// Whether the proxies are used that the environment names (https_proxy, http_proxy, no_proxy).
enum class Proxies { OfEnvironment, None };

struct Connection {
  std::string caFile{};                 // file or folder of authorities; empty: the system's
  std::string caSetting = "'ca_file'";  // what error messages call `caFile`
  Duration connectTimeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(10);  // for the whole request
  Proxies proxies = Proxies::OfEnvironment;
};

}  // namespace leptir::http
