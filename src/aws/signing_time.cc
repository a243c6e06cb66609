#include "aws/signing_time.h"

#include <curl/curl.h>

#include <algorithm>

#include "base/time_text.h"

namespace leptir::aws {

std::string signingTime(Time time) {
  auto text = base::timeText(std::chrono::floor<std::chrono::seconds>(time));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::optional<Time> httpDate(const std::string& text) {
  const auto seconds = ::curl_getdate(text.c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return Time(std::chrono::seconds(seconds));
}

}  // namespace leptir::aws
