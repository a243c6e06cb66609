// What an HTTP server has answered.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "leptir/clock.h"

namespace leptir::http {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers{};  // names in lower case; those of the first 16 KiB
  std::optional<Duration> retryAfter{};          // of the header Retry-After, given as seconds or as a date
  std::string body{};                            // as much of it as the request keeps

  bool isSuccess() const { return status >= 200 && status < 300; }
};

}  // namespace leptir::http
